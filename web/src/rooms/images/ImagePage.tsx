import { PageHeader } from "@/ui/PageHeader";

export function ImagePage() {
  return <PageHeader title="Image" />;
}
