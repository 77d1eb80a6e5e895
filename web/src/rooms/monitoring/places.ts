/* Sites, stations and products as people call them; the word that addresses and commands take comes second. Pure. */
import type { Alarm, IncidentSummary, WatchContext } from "./queries";

/** Return the names of an incident's sites. */
export function sitesOf({
  sites,
  site_names: names,
}: Pick<IncidentSummary, "sites" | "site_names">): string[] {
  return sites.map((slug) => names?.[slug] || slug);
}

/** Return the slugs that say more than the names do. */
export function slugsOf({
  sites,
  site_names: names,
}: Pick<IncidentSummary, "sites" | "site_names">): string[] {
  return sites.filter((slug) => names?.[slug] && names[slug] !== slug);
}

type Place = Pick<
  Alarm | WatchContext,
  "site" | "site_name" | "station" | "station_name" | "product" | "product_name"
>;

/** Return where it is, by names: the site, the station, the product if there is one. */
export function placeOf(place: Place): string[] {
  const { site, site_name, station, station_name, product, product_name } = place;
  return [site_name || site, station_name || station, product_name || product || ""].filter(Boolean);
}

const URGENT: WatchContext["state"][] = ["alarm", "amber", "quiet", "collecting", "paused"];

/** Return what to look at first: what alarms, else where most images were seen. */
export function mostUrgent<T extends Pick<WatchContext, "state" | "n_images">>(contexts: T[]): T | undefined {
  const rank = ({ state }: T) => URGENT.indexOf(state);
  return [...contexts].sort((a, b) => rank(a) - rank(b) || b.n_images - a.n_images)[0];
}
