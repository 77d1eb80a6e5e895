/* What a site consists of, and what was refused there. */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";

export type Line = Schemas["Line"];
export type Station = Schemas["Station"];

export const siteQuery = (site: string) =>
  queryOptions({
    queryKey: ["sites", site],
    queryFn: ({ signal }) => body(api.GET("/api/v1/sites/{site}", { params: { path: { site } }, signal })),
  });

export const linesQuery = (site: string) =>
  queryOptions({
    queryKey: ["sites", site, "lines"],
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/lines", { params: { path: { site } }, signal }))).items,
  });

export const refusedQuery = queryOptions({
  queryKey: ["images", "refused"],
  ...polling(),
  queryFn: ({ signal }) => body(api.GET("/api/v1/images/refused", { signal })),
});
