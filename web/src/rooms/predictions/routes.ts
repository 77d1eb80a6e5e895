/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const predictionsRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/sites/$site/stations/$station", () => import("./LiveStationPage"), "LiveStationPage"),
];
