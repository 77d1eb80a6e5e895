/* From the points of a run to charts: losses together, shares of one together, everything else alone. */
import type { Point } from "@/charts/smooth";

interface Given {
  step: number;
  values: Record<string, number>;
}

export interface Curve {
  name: string;
  points: Point[];
}

export interface CurveGroup {
  kind: "loss" | "share" | "other";
  curves: Curve[];
}

/** Return the curves of a run by the name of their value, in the order of their first appearance. */
export function readCurves(points: Given[]): Curve[] {
  const found = new Map<string, Point[]>();
  for (const { step, values } of points) {
    for (const [name, value] of Object.entries(values)) {
      const curve = found.get(name);
      if (curve) curve.push([step, value]);
      else found.set(name, [[step, value]]);
    }
  }
  return [...found].map(([name, curve]) => ({ name, points: curve }));
}

/** Return the charts that hold these curves. */
export function groupCurves(curves: Curve[]): CurveGroup[] {
  const losses = curves.filter(({ name }) => /loss/.test(name));
  const rest = curves.filter((curve) => !losses.includes(curve));
  const shares = rest.filter(isShare);
  const others = rest.filter((curve) => !shares.includes(curve));
  const groups: CurveGroup[] = [
    { kind: "share", curves: shares },
    { kind: "loss", curves: losses },
    ...others.map((curve): CurveGroup => ({ kind: "other", curves: [curve] })),
  ];
  return groups.filter((group) => group.curves.length > 0);
}

function isShare({ name, points }: Curve): boolean {
  return !/rate|steps|second|_s$/.test(name) && points.every(([, value]) => value >= 0 && value <= 1);
}
