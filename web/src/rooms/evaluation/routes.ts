/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const evaluationRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/evaluations", () => import("./EvaluationsPage"), "EvaluationsPage"),
  page(parent, "/evaluations/$evaluation", () => import("./EvaluationPage"), "EvaluationPage"),
  page(
    parent,
    "/evaluations/$champion/compare/$challenger",
    () => import("./ComparisonPage"),
    "ComparisonPage",
  ),
];
