/* What the pages of performance ask the hub for. Keys begin with the topic "performance". */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";

export type SiteStanding = Schemas["SiteStanding"];
export type Certificate = Schemas["Certificate"];
export type ClaimNew = Schemas["ClaimNew"];
export type SitePerformance = Schemas["SitePerformance"];
export type PerformancePeriod = Schemas["PerformancePeriod"];
export type MetricFigure = Schemas["MetricFigure"];
export type Estimate = Schemas["Estimate"];
export type PastError = Schemas["PastError"];
export type Reliability = Schemas["Reliability"];
export type LabelStream = PerformancePeriod["stream"];

export const standingsQuery = queryOptions({
  queryKey: ["performance", "sites"],
  ...polling(),
  queryFn: async ({ signal }) =>
    (await body(api.GET("/api/v1/performance/sites", { signal }))).items as SiteStanding[],
});

const of = (site: string) => ({ params: { path: { site } } });

export const sitePerformanceQuery = (site: string) =>
  queryOptions({
    queryKey: ["performance", site, "weeks"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/sites/{site}/performance", { ...of(site), signal })),
  });

export const claimsQuery = (site: string) =>
  queryOptions({
    queryKey: ["performance", site, "claims"],
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/claims", { ...of(site), signal }))).items as Certificate[],
  });

/** One claim with its path, which lists leave out. */
export const claimQuery = (claim: string) =>
  queryOptions({
    queryKey: ["performance", "claims", claim],
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/claims/{claim}", { params: { path: { claim } }, signal }))) as Certificate,
  });

export const estimatesQuery = (site: string) =>
  queryOptions({
    queryKey: ["performance", site, "estimates"],
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/estimates", { ...of(site), signal }))).items as Estimate[],
  });

export const calibrationQuery = (site: string) =>
  queryOptions({
    queryKey: ["performance", site, "calibration"],
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/calibration", { ...of(site), signal }))).items,
  });
