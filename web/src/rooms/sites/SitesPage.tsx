import { PageHeader } from "@/ui/PageHeader";

export function SitesPage() {
  return <PageHeader title="Sites" />;
}
