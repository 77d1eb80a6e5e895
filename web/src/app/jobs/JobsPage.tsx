import { PageHeader } from "@/ui/PageHeader";

export function JobsPage() {
  return <PageHeader title="Jobs" />;
}
