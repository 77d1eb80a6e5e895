/* A page at an address, fetched when it is first needed. */
import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { ComponentType } from "react";

type Load<Name extends string> = () => Promise<Record<Name, ComponentType>>;

export function page<Name extends string>(
  parent: AnyRoute,
  path: string,
  load: Load<Name>,
  name: Name,
): AnyRoute {
  return createRoute({ getParentRoute: () => parent, path, component: lazyRouteComponent(load, name) });
}
