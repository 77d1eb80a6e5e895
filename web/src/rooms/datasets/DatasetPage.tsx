import { PageHeader } from "@/ui/PageHeader";

export function DatasetPage() {
  return <PageHeader title="Dataset" />;
}
