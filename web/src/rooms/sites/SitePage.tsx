import { PageHeader } from "@/ui/PageHeader";

export function SitePage() {
  return <PageHeader title="Site" />;
}
