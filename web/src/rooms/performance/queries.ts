/* What the pages of performance ask the hub for. Keys begin with the topic "performance". */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";

export type SiteStanding = Schemas["SiteStanding"];
export type Certificate = Schemas["Certificate"];

export const standingsQuery = queryOptions({
  queryKey: ["performance", "sites"],
  ...polling(),
  queryFn: async ({ signal }) =>
    (await body(api.GET("/api/v1/performance/sites", { signal }))).items as SiteStanding[],
});
