/* Which images the gallery shows: words of the address, and the question that they make to the hub. */
import type { paths } from "@/api/schema";
import type { SearchValues } from "@/ui/params";

export type ImageQuery = Omit<
  NonNullable<paths["/api/v1/images/tiles"]["get"]["parameters"]["query"]>,
  "cursor" | "limit"
>;

export const FILTERS = [
  "site",
  "station",
  "product",
  "decision",
  "class",
  "truth",
  "from",
  "to",
  "min_score",
  "max_score",
  "group",
  "kind",
  "model",
] as const;
export type Filter = (typeof FILTERS)[number];
export type Filters = Partial<Record<Filter, string>>;

export function filtersOf(values: SearchValues): Filters {
  return Object.fromEntries(FILTERS.filter((name) => values[name]).map((name) => [name, values[name]]));
}

/** Return the question to the hub; days are whole days of the person's own clock, the last one included. */
export function queryOf(filters: Filters): ImageQuery {
  const query: Record<string, unknown> = {
    site: filters.site,
    station: filters.site ? filters.station : undefined,
    product: filters.product,
    decision: filters.decision,
    class: filters.class,
    has_truth: filters.truth && filters.truth === "yes",
    since: dayStart(filters.from, 0),
    until: dayStart(filters.to, 1),
    min_score: score(filters.min_score),
    max_score: score(filters.max_score),
    group_key: filters.group,
    kind: filters.kind,
    model: filters.model,
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== ""));
}

/** Return the search part of an image's address: the filters and its place among the found ones. */
export function searchOf(filters: Filters, at?: number): Record<string, string | number> {
  return at === undefined ? { ...filters } : { ...filters, at };
}

function dayStart(day: string | undefined, later: number): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? "");
  if (!parts) return undefined;
  const date = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function score(text: string | undefined): number | undefined {
  const value = Number(text);
  return text && Number.isFinite(value) ? value : undefined;
}

/** Return the same as text, for an address that stands in a link. */
export function addressOf(path: string, filters: Filters, at?: number): string {
  const search = Object.entries(searchOf(filters, at)).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return search.length ? `${path}?${new URLSearchParams(search).toString()}` : path;
}
