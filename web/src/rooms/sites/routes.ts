/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const sitesRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/sites", () => import("./SitesPage"), "SitesPage"),
  page(parent, "/sites/$site", () => import("./SitePage"), "SitePage"),
];
