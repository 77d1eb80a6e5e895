/* The found images: how many, and any of them by its place. Owns a snapshot: while a person looks, tiles do not
   move under their eyes; so its keys don't begin with the topic "images". `useNewer` follows the hub. */
import { keepPreviousData, queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { api, body, type Schemas } from "@/api/client";
import { type Filters, type ImageQuery, queryOf } from "./filters";

export type Tile = Schemas["ImageTile"];
export type TileAt = (index: number) => Tile | undefined;
export const EVERY = 200;

export function landmarksQuery(query: ImageQuery) {
  return queryOptions({
    queryKey: ["gallery", "landmarks", query],
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/images/landmarks", { params: { query: { ...query, every: EVERY } }, signal })),
  });
}

/** A page of tiles; it is cancelled when nobody looks at it any more (scrolled past). */
function pageQuery(query: ImageQuery, cursor: string | null, taken: number) {
  return queryOptions({
    queryKey: ["gallery", "tiles", query, cursor ?? taken],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/images/tiles", {
          params: { query: { ...query, limit: EVERY, ...(cursor === null ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

/** Return the snapshot of what the filters find. */
export function useLandmarks(filters: Filters, enabled = true) {
  const query = useMemo(() => queryOf(filters), [filters]);
  return { query, landmarks: useQuery({ ...landmarksQuery(query), enabled }) };
}

/** Return the tiles of some pages by their place; undefined while they are on their way. */
export function useTiles(
  query: ImageQuery,
  cursors: readonly (string | null)[],
  taken: number,
  pages: readonly number[],
): { tileAt: TileAt; error: unknown; retry: () => void } {
  const known = pages.filter((page) => page < cursors.length);
  const results = useQueries({
    queries: known.map((page) => pageQuery(query, cursors[page] ?? null, taken)),
  });
  const stamp = results.map(({ dataUpdatedAt }) => dataUpdatedAt).join();
  const names = known.join();
  const tileAt = useCallback(
    (index: number) => {
      const place = known.indexOf(Math.floor(index / EVERY));
      return place < 0 ? undefined : results[place]?.data?.items[index % EVERY];
    },
    // What is known and when it came says all; the arrays are new every time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [stamp, names, query, taken],
  );
  const failed = results.find(({ error }) => error);
  return { tileAt, error: failed?.error ?? null, retry: () => void failed?.refetch() };
}

/** Return how many images more (or fewer) the hub has than the snapshot; follows the hub's changes. */
export function useNewer(query: ImageQuery, total: number | undefined): number {
  const { data } = useQuery({
    queryKey: ["images", "count", query],
    enabled: total !== undefined,
    staleTime: 10_000,
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/images/landmarks", { params: { query: { ...query, every: 500 } }, signal })),
  });
  return data && total !== undefined ? data.total - total : 0;
}
