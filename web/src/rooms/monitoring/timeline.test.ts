import { describe, expect, it } from "vitest";
import type { SignalPoint, TimeMark } from "./queries";
import { isStill, layMarks, piecesOf, placeOf, scaleOf, ticksOf } from "./timeline";

const HOUR = 3600;
const point = (hour: number, q05 = 1, q50 = 2, q95 = 3): SignalPoint => ({
  at: new Date(hour * HOUR * 1000).toISOString(),
  n: 5,
  q05,
  q50,
  q95,
});
const mark = (at: number): TimeMark => ({
  at: new Date(at).toISOString(),
  until: null,
  kind: "deployment",
  id: String(at),
  label: "v",
});

describe("a line over time", () => {
  it("goes on over one empty bucket and breaks off over more", () => {
    expect(piecesOf([point(0), point(2), point(6)], HOUR).map((piece) => piece.length)).toEqual([2, 1]);
    expect(piecesOf([], HOUR)).toEqual([]);
  });
  it("is still where one value held that the reference knows", () => {
    const flat = [point(0, 2, 2, 2), point(1, 2, 2, 2)];
    expect(isStill({ points: flat, band: { q05: 2, q50: 2, q95: 2, n: 9 } })).toBe(true);
    expect(isStill({ points: flat, band: null })).toBe(true);
    expect(isStill({ points: flat, band: { q05: 3, q50: 3, q95: 3, n: 9 } })).toBe(false);
    expect(isStill({ points: [...flat, point(2)], band: null })).toBe(false);
    expect(isStill({ points: [], band: null })).toBe(false);
  });
  it("has a scale that holds images and reference", () => {
    const [low, high] = scaleOf({ points: [point(0, 1, 2, 3)], band: { q05: -1, q50: 0, q95: 1, n: 9 } });
    expect(low).toBeLessThan(-1);
    expect(high).toBeGreaterThan(3);
  });
  it("has a scale with room where every value is the same", () => {
    const [low, high] = scaleOf({ points: [point(0, 0, 0, 0)], band: null });
    expect(high).toBeGreaterThan(low);
  });
});

describe("marks", () => {
  const span = { from: 0, to: 1000 };
  it("lie between the ends of the span", () => {
    expect(placeOf(250, span)).toBe(0.25);
    expect(placeOf(-5, span)).toBe(0);
    expect(placeOf("1970-01-01T00:00:02Z", span)).toBe(1);
  });
  it("stand below each other when they are close", () => {
    const laid = layMarks([mark(100), mark(110), mark(500)], span);
    expect(laid.map(({ lane }) => lane)).toEqual([0, 1, 0]);
  });
  it("tick at even distances, not more often than asked", () => {
    const ticks = ticksOf({ from: 0, to: 7 * 24 * HOUR * 1000 }, 8);
    expect(ticks.length).toBeLessThanOrEqual(8);
    expect((ticks[1] ?? 0) - (ticks[0] ?? 0)).toBe(24 * HOUR * 1000);
  });
});
