import { PageHeader } from "@/ui/PageHeader";

export function ImportsPage() {
  return <PageHeader title="Imports" />;
}
