/* Addresses of the room. */
import type { AnyRoute } from "@tanstack/react-router";
import { page } from "@/ui/page";

export const accountsRoutes = (parent: AnyRoute): AnyRoute[] => [
  page(parent, "/people", () => import("./PeoplePage"), "PeoplePage"),
  page(parent, "/account", () => import("./AccountPage"), "AccountPage"),
];

export const signInRoute = (root: AnyRoute): AnyRoute =>
  page(root, "/sign-in", () => import("./SignInPage"), "SignInPage");
