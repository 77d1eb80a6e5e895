import { PageHeader } from "@/ui/PageHeader";

export function EvaluationPage() {
  return <PageHeader title="Evaluation" />;
}
