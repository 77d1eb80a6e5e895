/* The part of a prediction that counts at its thresholds: what is drawn and told beside the line. */
import type { Shape } from "@/editor/shapes/shape";
import type { Target } from "@/problems/contract";
import { problemOf } from "@/problems/registry";

/** Return the shapes from the threshold on, the surest last, so that it is drawn on top. */
export function drawnShapes(target: Target, thresholds: Target): Shape[] {
  const problem = problemOf(target);
  if (!problem) return [];
  const least = problem.scoreFrom(thresholds);
  const shapes = problem.shapesOf(target, "prediction").filter(({ score }) => (score ?? 1) >= least);
  return shapes.sort((a, b) => (a.score ?? 1) - (b.score ?? 1));
}

/** Return the target without the boxes that do not count. */
export function countedTarget(target: Target, thresholds: Target): Target {
  const boxes = target["boxes"];
  if (!Array.isArray(boxes)) return target;
  const least = problemOf(target)?.scoreFrom(thresholds) ?? 0;
  return { ...target, boxes: (boxes as { score?: number }[]).filter(({ score }) => (score ?? 1) >= least) };
}
