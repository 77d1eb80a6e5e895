/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const performanceRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/sites/$site/performance", () => import("./SitePerformancePage"), "SitePerformancePage"),
];
