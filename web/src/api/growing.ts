/* A list that only grows at its end (points of a curve, lines of a log): each asking again fetches the end only. */
export interface Grown<T> {
  items: T[];
  /** How many of the items lie in pages that are full and will not change. */
  settled: number;
  /** Where the last page begins. */
  cursor: string | undefined;
}

interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

/** Return the list with what has come since `before`. */
export async function grow<T>(
  before: Grown<T> | undefined,
  fetchPage: (cursor: string | undefined) => Promise<Page<T>>,
): Promise<Grown<T>> {
  let items = before ? before.items.slice(0, before.settled) : [];
  let cursor = before?.cursor;
  for (;;) {
    const page = await fetchPage(cursor);
    if (!page.next_cursor) return { items: [...items, ...page.items], settled: items.length, cursor };
    items = [...items, ...page.items];
    cursor = page.next_cursor;
  }
}
