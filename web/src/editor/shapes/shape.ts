/* What is drawn over an image. Owns boxes and whose they are; other kinds (polygon, mask) come beside them. */
import type { Point, Rect } from "../core/transform";

/** Who says it: ground truth (solid line) or a model (dashed line). */
export type Layer = "truth" | "prediction";

export interface BoxShape extends Rect {
  id: string;
  layer: Layer;
  kind: "box";
  label: string;
  score: number | null;
}

export type Shape = BoxShape;

export function areaOf(shape: Shape): number {
  return shape.width * shape.height;
}

/** Say whether the point (image pixels) is in the shape, or at most `reach` from it. */
export function contains(shape: Shape, point: Point, reach = 0): boolean {
  return (
    point.x >= shape.x - reach &&
    point.y >= shape.y - reach &&
    point.x <= shape.x + shape.width + reach &&
    point.y <= shape.y + shape.height + reach
  );
}
