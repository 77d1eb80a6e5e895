/* A list that comes page by page: one flat array, and whether there is more. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { BUSY_MS, QUIET_MS } from "./polling";

interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

type Fetch<T> = (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>;

/** Return the list under `queryKey`; `busy` looks at its rows and decides how often to ask again. */
export function useListing<T>(
  queryKey: readonly unknown[],
  fetchPage: Fetch<T>,
  { busy, enabled = true }: { busy?: (rows: T[]) => boolean; enabled?: boolean } = {},
) {
  return useInfiniteQuery({
    queryKey,
    enabled,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<T>) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    refetchInterval: ({ state }) =>
      busy?.(state.data?.pages.flatMap((page) => page.items) ?? []) ? BUSY_MS : QUIET_MS,
    refetchIntervalInBackground: false,
  });
}
