/* What the pages of watching ask the hub for. Keys begin with the topic "monitoring". */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";

export type SiteWatch = Schemas["SiteWatch"];
export type WatchContext = Schemas["WatchContext"];
export type ContextHistory = Schemas["ContextHistory"];
export type SignalSeries = Schemas["SignalSeries"];
export type TimeMark = Schemas["TimeMark"];
export type WatchState = SiteWatch["state"];

export const watchedSitesQuery = queryOptions({
  queryKey: ["monitoring", "sites"],
  ...polling(),
  queryFn: async ({ signal }) => (await body(api.GET("/api/v1/monitoring/sites", { signal }))).items,
});

export const contextsQuery = (site: string) =>
  queryOptions({
    queryKey: ["monitoring", "contexts", site],
    ...polling(),
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/monitoring", { params: { path: { site } }, signal }))).items,
  });
