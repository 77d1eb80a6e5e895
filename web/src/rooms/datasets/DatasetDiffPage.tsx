import { PageHeader } from "@/ui/PageHeader";

export function DatasetDiffPage() {
  return <PageHeader title="DatasetDiff" />;
}
