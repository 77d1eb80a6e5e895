import { PageHeader } from "@/ui/PageHeader";

export function LiveStationPage() {
  return <PageHeader title="LiveStation" />;
}
