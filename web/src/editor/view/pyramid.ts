/* One image in halves: 1, 1/2, 1/4 … so that a large image moves smoothly without a graphics card.
   Owns the bitmaps and gives them back; refuses to know where the image lies. */

export interface Level {
  bitmap: ImageBitmap;
  /** Image pixels for one pixel of this level. */
  step: number;
}

const SMALLEST_PX = 400;

/** Return the level to draw at `scale` (device pixels for an image pixel): the coarsest one that is sharp.
    While something moves, `coarser` takes the next one. */
export function levelFor(steps: readonly number[], scale: number, coarser = false): number {
  let chosen = 0;
  for (const [index, step] of steps.entries()) if (step * scale <= 1.001) chosen = index;
  return coarser ? Math.min(chosen + 1, steps.length - 1) : chosen;
}

export class Pyramid {
  readonly levels: Level[];
  readonly width: number;
  readonly height: number;
  private closed = false;

  private constructor(
    first: ImageBitmap,
    readonly size: { width: number; height: number },
  ) {
    this.levels = [{ bitmap: first, step: size.width / first.width }];
    this.width = size.width;
    this.height = size.height;
  }

  /** Return the pyramid as soon as the full image is decoded; coarser levels follow, each told by `grown`.
      `size` is that of the image when the bytes hold a smaller copy of it. */
  static async of(
    bytes: Blob,
    grown: () => void,
    size?: { width: number; height: number },
  ): Promise<Pyramid> {
    const first = await createImageBitmap(bytes);
    const pyramid = new Pyramid(first, size ?? { width: first.width, height: first.height });
    void pyramid.grow(grown);
    return pyramid;
  }

  close(): void {
    this.closed = true;
    for (const { bitmap } of this.levels) bitmap.close();
    this.levels.length = 0;
  }

  private async grow(grown: () => void): Promise<void> {
    for (;;) {
      const last = this.levels.at(-1);
      if (this.closed || !last || Math.max(last.bitmap.width, last.bitmap.height) <= SMALLEST_PX) return;
      const half = await createImageBitmap(last.bitmap, {
        resizeWidth: Math.max(1, Math.round(last.bitmap.width / 2)),
        resizeHeight: Math.max(1, Math.round(last.bitmap.height / 2)),
        resizeQuality: "medium",
      }).catch(() => null);
      if (!half) return;
      if (this.closed) return half.close();
      this.levels.push({ bitmap: half, step: this.width / half.width });
      grown();
    }
  }
}
