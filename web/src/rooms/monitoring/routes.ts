/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const monitoringRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/incidents", () => import("./IncidentsPage"), "IncidentsPage"),
  page(parent, "/incidents/$incident", () => import("./IncidentPage"), "IncidentPage"),
  page(parent, "/sites/$site/watch", () => import("./SiteWatchPage"), "SiteWatchPage"),
];
