import { PageHeader } from "@/ui/PageHeader";

export function RunsPage() {
  return <PageHeader title="Runs" />;
}
