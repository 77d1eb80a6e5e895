/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const datasetsRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/datasets", () => import("./DatasetsPage"), "DatasetsPage"),
  page(parent, "/datasets/$dataset", () => import("./DatasetPage"), "DatasetPage"),
  page(parent, "/dataset-versions/$version", () => import("./DatasetVersionPage"), "DatasetVersionPage"),
  page(
    parent,
    "/dataset-versions/$version/diff/$other",
    () => import("./DatasetDiffPage"),
    "DatasetDiffPage",
  ),
  page(parent, "/imports", () => import("./ImportsPage"), "ImportsPage"),
  page(parent, "/imports/$import", () => import("./ImportPage"), "ImportPage"),
];
