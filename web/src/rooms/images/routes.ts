/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const imagesRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/images", () => import("./GalleryPage"), "GalleryPage"),
  page(parent, "/images/$image", () => import("./ImagePage"), "ImagePage"),
];
