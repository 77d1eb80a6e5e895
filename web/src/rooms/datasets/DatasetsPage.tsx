import { PageHeader } from "@/ui/PageHeader";

export function DatasetsPage() {
  return <PageHeader title="Datasets" />;
}
