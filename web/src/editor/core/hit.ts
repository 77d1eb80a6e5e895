/* Which object is meant: by the cursor (the smallest one under it) and by Tab (in reading order). */
import { areaOf, contains, type Shape } from "../shapes/shape";
import type { Point } from "./transform";

export interface Shown {
  truth: boolean;
  prediction: boolean;
  /** Predictions below this score are hidden. */
  minScore: number;
}

/** Return the shapes that are shown; a shape without a score has no threshold. */
export function shownOf(shapes: readonly Shape[], shown: Shown): Shape[] {
  return shapes.filter(
    (shape) => shown[shape.layer] && (shape.layer === "truth" || (shape.score ?? 1) >= shown.minScore),
  );
}

/** Return the smallest shape under the point, within `reach` image pixels. */
export function smallestAt(shapes: readonly Shape[], point: Point, reach: number): Shape | null {
  let best: Shape | null = null;
  for (const shape of shapes) {
    if (contains(shape, point, reach) && (best === null || areaOf(shape) < areaOf(best))) best = shape;
  }
  return best;
}

/** Return the shapes under the point, smallest first: what repeated clicks go through. */
export function allAt(shapes: readonly Shape[], point: Point, reach: number): Shape[] {
  return shapes.filter((shape) => contains(shape, point, reach)).sort((a, b) => areaOf(a) - areaOf(b));
}

/** Return the next shape for Tab, from top to bottom, then left to right; null beyond the last one. */
export function nextOf(shapes: readonly Shape[], current: string | null, step: 1 | -1): Shape | null {
  const order = [...shapes].sort((a, b) => a.y - b.y || a.x - b.x || (a.id < b.id ? -1 : 1));
  const at = order.findIndex((shape) => shape.id === current);
  if (at < 0) return order[step === 1 ? 0 : order.length - 1] ?? null;
  return order[at + step] ?? null;
}
