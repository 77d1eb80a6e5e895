import { PageHeader } from "@/ui/PageHeader";

export function CompareRunsPage() {
  return <PageHeader title="CompareRuns" />;
}
