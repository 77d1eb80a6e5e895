/* The map of the app: which address shows which page. Every room brings its own routes. */
import type { QueryClient } from "@tanstack/react-query";
import {
  type AnyRoute,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  redirect,
} from "@tanstack/react-router";
import { ProblemError } from "@/api/problem";
import { accountsRoutes, signInRoute } from "@/rooms/accounts/routes";
import { datasetsRoutes } from "@/rooms/datasets/routes";
import { deploymentsRoutes } from "@/rooms/deployments/routes";
import { evaluationRoutes } from "@/rooms/evaluation/routes";
import { imagesRoutes } from "@/rooms/images/routes";
import { modelsRoutes } from "@/rooms/models/routes";
import { monitoringRoutes } from "@/rooms/monitoring/routes";
import { performanceRoutes } from "@/rooms/performance/routes";
import { predictionsRoutes } from "@/rooms/predictions/routes";
import { sitesRoutes } from "@/rooms/sites/routes";
import { trainingRoutes } from "@/rooms/training/routes";
import { page } from "@/ui/page";
import { PageFailed, PageMissing } from "./Fallbacks";
import type { LiveStream } from "./live";
import { sessionQuery } from "./session";
import { Shell } from "./Shell";

export interface AppContext {
  queries: QueryClient;
  live: LiveStream;
}

const root = createRootRouteWithContext<AppContext>()({ notFoundComponent: PageMissing });

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status !== 401) throw error;
      throw redirect({ to: "/sign-in", search: { next: location.href } });
    }
  },
});

const appRoutes = (parent: AnyRoute): AnyRoute[] => [
  createRoute({
    getParentRoute: () => parent,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/sites" });
    },
  }),
  page(parent, "/turn", () => import("./turn/TurnPage"), "TurnPage"),
  page(parent, "/jobs", () => import("./jobs/JobsPage"), "JobsPage"),
  page(parent, "/about", () => import("./about/AboutPage"), "AboutPage"),
];

const rooms = [
  appRoutes,
  sitesRoutes,
  monitoringRoutes,
  performanceRoutes,
  predictionsRoutes,
  imagesRoutes,
  datasetsRoutes,
  trainingRoutes,
  modelsRoutes,
  evaluationRoutes,
  deploymentsRoutes,
  accountsRoutes,
];

export function makeRouter(context: AppContext) {
  const tree = root.addChildren([
    signInRoute(root),
    signedIn.addChildren(rooms.flatMap((routes) => routes(signedIn))),
  ]);
  return createRouter({
    routeTree: tree,
    context,
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: PageFailed,
    scrollRestoration: true,
  });
}
