/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const deploymentsRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/deployments", () => import("./DeploymentsPage"), "DeploymentsPage"),
];
