import { PageHeader } from "@/ui/PageHeader";

export function DeploymentsPage() {
  return <PageHeader title="Deployments" />;
}
