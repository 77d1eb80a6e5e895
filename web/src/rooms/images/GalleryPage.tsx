import { PageHeader } from "@/ui/PageHeader";

export function GalleryPage() {
  return <PageHeader title="Gallery" />;
}
