/* A curve without its jitter: the exponential mean, corrected for its start. */
export type Point = [x: number, y: number];

/** Return the points with smoothed y; `weight` of the past is between 0 (as it is) and below 1. */
export function smooth(points: Point[], weight = 0.85): Point[] {
  let mean = 0;
  let share = 0;
  return points.map(([x, y]) => {
    mean = weight * mean + (1 - weight) * y;
    share = weight * share + (1 - weight);
    return [x, mean / share];
  });
}
