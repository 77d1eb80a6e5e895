/* Which signals of an image are unusual beside the reference. */

interface Placed {
  percentile: number | null;
}

const LOW = 5;
const HIGH = 95;

/** Say whether a signal lies where at most one in ten of the reference does. */
export function isUnusual({ percentile }: Placed): boolean {
  return percentile !== null && (percentile < LOW || percentile > HIGH);
}

/** Return the signals, those nearest an end of the reference first; those without a place keep their order, last. */
export function mostUnusualFirst<T extends Placed>(signals: T[]): T[] {
  const distance = ({ percentile }: T) => (percentile === null ? -1 : Math.abs(percentile - 50));
  return signals.toSorted((a, b) => distance(b) - distance(a));
}
