import { PageHeader } from "@/ui/PageHeader";

export function EvaluationsPage() {
  return <PageHeader title="Evaluations" />;
}
