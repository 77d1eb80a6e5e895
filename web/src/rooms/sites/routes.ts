/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";
import { overviewQuery } from "./overview";

export const sitesRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(
    parent,
    "/sites",
    () => import("./SitesPage"),
    "SitesPage",
    (queries) => queries.prefetchQuery(overviewQuery),
  ),
  page(parent, "/sites/$site", () => import("./SitePage"), "SitePage"),
];
