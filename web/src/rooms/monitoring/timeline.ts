/* The arithmetic of time lines: their span, where values lie, where they break off, where marks stand. Pure. */
import type { SignalPoint, SignalSeries, TimeMark } from "./queries";

export interface Span {
  from: number;
  to: number;
}

export const SPANS = { d7: 7, d28: 28, d365: 365 } as const;
export type SpanName = keyof typeof SPANS;

const HOLE = 2.5;

/** Return the points in pieces: a line breaks off where more than two buckets in a row have no image. */
export function piecesOf(points: SignalPoint[], bucketS: number): SignalPoint[][] {
  const pieces: SignalPoint[][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const at = Date.parse(point.at);
    if (at - before > HOLE * bucketS * 1000) pieces.push([]);
    pieces.at(-1)?.push(point);
    before = at;
  }
  return pieces;
}

/** Return the ends of the scale that hold every band, with a little room; of no values, 0 and 1. */
export function scaleOf({ points, band }: Pick<SignalSeries, "points" | "band">): [number, number] {
  const bands = band ? [...points, band] : points;
  if (bands.length === 0) return [0, 1];
  const low = Math.min(...bands.map(({ q05 }) => q05));
  const high = Math.max(...bands.map(({ q95 }) => q95));
  const room = high > low ? (high - low) * 0.08 : Math.abs(high) * 0.1 || 0.5;
  return [low - room, high + room];
}

/** Say whether a signal held one value over the whole span, and one that the reference knows. */
export function isStill({ points, band }: Pick<SignalSeries, "points" | "band">): boolean {
  const value = points[0]?.q50;
  if (value === undefined) return false;
  if (band && (value < band.q05 || value > band.q95)) return false;
  return points.every(({ q05, q95 }) => q05 === value && q95 === value);
}

/** Return where a moment lies between the ends of the span, 0 to 1. */
export function placeOf(at: string | number, { from, to }: Span): number {
  const moment = typeof at === "number" ? at : Date.parse(at);
  return Math.min(1, Math.max(0, (moment - from) / (to - from)));
}

export interface LaidMark {
  mark: TimeMark;
  place: number;
  lane: number;
}

/** Return the marks with a lane each, so that those close to each other stand below each other. */
export function layMarks(marks: TimeMark[], span: Span, room = 0.035): LaidMark[] {
  const ends: number[] = [];
  return marks.map((mark) => {
    const place = placeOf(mark.at, span);
    const free = ends.findIndex((end) => end <= place);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = place + room;
    return { mark, place, lane };
  });
}

const HOUR_MS = 3_600_000;
const STEPS_MS = [1, 3, 6, 12, 24, 48, 96, 168, 336, 730, 1460, 2190, 4380].map((hours) => hours * HOUR_MS);

/** Return at most `most` moments at even distances, on whole hours or days of the person's clock. */
export function ticksOf({ from, to }: Span, most: number): number[] {
  const step = STEPS_MS.find((one) => (to - from) / one <= most) ?? (to - from) / most;
  const shift = new Date(from).getTimezoneOffset() * 60_000;
  const first = Math.ceil((from - shift) / step) * step + shift;
  const ticks: number[] = [];
  for (let at = first; at <= to; at += step) ticks.push(at);
  return ticks;
}
