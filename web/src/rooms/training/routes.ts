/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const trainingRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/runs", () => import("./RunsPage"), "RunsPage"),
  page(parent, "/runs/compare", () => import("./CompareRunsPage"), "CompareRunsPage"),
  page(parent, "/runs/$run", () => import("./RunPage"), "RunPage"),
];
