/* How each site does, as the hub judges it; and the counts that the first sentence and the filter are made of. */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";

export type SiteOverview = Schemas["SiteOverview"];
export type SiteMeasure = Schemas["SiteMeasure"];
export type SiteVerdict = SiteOverview["verdict"];

/** Worst first, as the hub sorts. */
export const VERDICTS: SiteVerdict[] = [
  "not_satisfactory",
  "undecided",
  "too_few",
  "not_judged",
  "not_evaluated",
  "satisfactory",
];

export const overviewQuery = queryOptions({
  queryKey: ["sites", "overview"],
  meta: { topics: ["evaluations", "deployments"] },
  ...polling(),
  queryFn: async ({ signal }) => (await body(api.GET("/api/v1/sites/overview", { signal }))).items,
});

export const siteHistoryQuery = (site: string) =>
  queryOptions({
    queryKey: ["evaluations", "site", site],
    ...polling(),
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/history", { params: { path: { site } }, signal }))).items,
  });

export type VerdictCounts = Record<SiteVerdict, number>;

export function countVerdicts(sites: SiteOverview[]): VerdictCounts {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as VerdictCounts;
  for (const { verdict } of sites) counts[verdict] += 1;
  return counts;
}

/** Return the sites of a verdict ("" for all) whose name or short name holds the words. */
export function filterSites(sites: SiteOverview[], verdict: string, words: string): SiteOverview[] {
  const wanted = words.trim().toLowerCase();
  return sites.filter(
    ({ verdict: has, site }) =>
      (verdict === "" || has === verdict) &&
      (wanted === "" || `${site.name} ${site.slug}`.toLowerCase().includes(wanted)),
  );
}

/** The ends of a scale on which the figures can be told apart. */
export function scaleOf(measures: { value: number | null; low: number | null; high: number | null }[]): {
  least: number;
  most: number;
} {
  const figures = measures.flatMap(({ value, low, high }) => [value, low, high]).filter((x) => x !== null);
  if (figures.length === 0) return { least: 0, most: 1 };
  const [least, most] = [Math.min(...figures), Math.max(...figures)];
  const room = Math.max((most - least) * 0.1, Math.abs(most) * 0.01, 0.005);
  return { least: least - room, most: most + room };
}
