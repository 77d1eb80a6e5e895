import { PageHeader } from "@/ui/PageHeader";

export function DatasetVersionPage() {
  return <PageHeader title="DatasetVersion" />;
}
