import { PageHeader } from "@/ui/PageHeader";

export function ComparisonPage() {
  return <PageHeader title="Comparison" />;
}
