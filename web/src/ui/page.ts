/* A page at an address, fetched when it is first needed; what it will ask for can be asked ahead, meanwhile. */
import type { QueryClient } from "@tanstack/react-query";
import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { ComponentType } from "react";

type Load<Name extends string> = () => Promise<Record<Name, ComponentType>>;

export function page<Name extends string>(
  parent: AnyRoute,
  path: string,
  load: Load<Name>,
  name: Name,
  askAhead?: (queries: QueryClient) => Promise<void>,
): AnyRoute {
  return createRoute({
    getParentRoute: () => parent,
    path,
    component: lazyRouteComponent(load, name),
    loader: ({ context }) => {
      // Not awaited: the page shows that it waits, and what failed.
      void askAhead?.((context as { queries: QueryClient }).queries);
    },
  });
}
