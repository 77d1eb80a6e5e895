/* How a site stands in every respect: its verdict, its certificates, its watch. Worst first, never averaged. */
import type { SiteWatch } from "@/rooms/monitoring/queries";
import type { SiteStanding } from "@/rooms/performance/queries";
import type { SiteOverview } from "./overview";

export interface Standing {
  site: SiteOverview;
  watch: SiteWatch | undefined;
  certified: SiteStanding | undefined;
}

const OF_VERDICT: Record<string, number> = { not_satisfactory: 3, undecided: 1, too_few: 1 };
const OF_WATCH: Record<string, number> = { alarm: 3, amber: 2 };
const OF_CERTIFICATE: Record<string, number> = { violated: 4, open: 1 };

/** Return 0 for a site with nothing to look after, more the worse its worst respect is. */
export function severityOf({ site, watch, certified }: Standing): number {
  return Math.max(
    OF_VERDICT[site.verdict] ?? 0,
    OF_WATCH[watch?.state ?? ""] ?? 0,
    OF_CERTIFICATE[certified?.state ?? ""] ?? 0,
  );
}

/** Return the sites, the worst first; those equally bad keep the hub's order, which goes by their figures. */
export function worstFirst(
  sites: SiteOverview[],
  watched: SiteWatch[] = [],
  certified: SiteStanding[] = [],
): Standing[] {
  const watchOf = new Map(watched.map((one) => [one.site_id, one]));
  const certifiedOf = new Map(certified.map((one) => [one.site_id, one]));
  return sites
    .map((site) => ({ site, watch: watchOf.get(site.site.id), certified: certifiedOf.get(site.site.id) }))
    .sort((a, b) => severityOf(b) - severityOf(a));
}
