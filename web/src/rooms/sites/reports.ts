/* What the hub has of monthly reports. The key begins with the topic "performance". */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type ReportMonth = Schemas["ReportMonth"];

export const reportsQuery = (site: string) =>
  queryOptions({
    queryKey: ["performance", site, "reports"],
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/reports", { params: { path: { site } }, signal }))).items,
  });
