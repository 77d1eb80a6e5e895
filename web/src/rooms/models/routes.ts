/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const modelsRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/models", () => import("./ModelsPage"), "ModelsPage"),
  page(parent, "/models/$model", () => import("./ModelPage"), "ModelPage"),
];
