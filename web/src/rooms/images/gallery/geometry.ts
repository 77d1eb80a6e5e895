/* Where tiles lie, and where a key leads among them. */

export const SIZES = { S: 112, M: 176, L: 272 } as const;
export type TileSize = keyof typeof SIZES;
export const GAP_PX = 8;
export const CAPTION_PX = 26;

export interface Layout {
  columns: number;
  /** Width of a tile, and height of its picture. */
  side: number;
  rowHeight: number;
}

/** Return how tiles of about `size` fill `width`; at least two beside each other. */
export function layoutOf(width: number, size: TileSize): Layout {
  const columns = Math.max(2, Math.floor((width + GAP_PX) / (SIZES[size] + GAP_PX)));
  const side = Math.max(1, Math.floor((width - GAP_PX * (columns - 1)) / columns));
  return { columns, side, rowHeight: side + CAPTION_PX + GAP_PX };
}

/** Return where the key leads from tile `at`; null when it is no key of the grid. */
export function moveBy(
  key: string,
  at: number,
  grid: { columns: number; rowsInSight: number; total: number },
): number | null {
  const page = grid.columns * Math.max(1, grid.rowsInSight - 1);
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -grid.columns,
    ArrowDown: grid.columns,
    PageUp: -page,
    PageDown: page,
    Home: -at,
    End: grid.total - 1 - at,
  };
  const step = steps[key];
  if (step === undefined) return null;
  const last = grid.total - 1;
  const to = at + step;
  if (key === "ArrowUp" && to < 0) return at;
  if (key === "ArrowDown" && to > last)
    return Math.floor(at / grid.columns) < Math.floor(last / grid.columns) ? last : at;
  return Math.max(0, Math.min(last, to));
}

/** Return the pages of `every` images that hold the images from `first` to `last`. */
export function pagesOf(first: number, last: number, every: number): number[] {
  const start = Math.floor(Math.max(0, first) / every);
  const end = Math.floor(Math.max(0, last) / every);
  return Array.from({ length: end - start + 1 }, (_, index) => start + index);
}
