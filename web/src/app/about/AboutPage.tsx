import { PageHeader } from "@/ui/PageHeader";

export function AboutPage() {
  return <PageHeader title="About" />;
}
