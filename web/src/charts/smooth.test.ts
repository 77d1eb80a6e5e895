import { describe, expect, it } from "vitest";
import { smooth } from "./smooth";

describe("a smoothed curve", () => {
  it("begins where the curve begins", () => {
    expect(smooth([[0, 5]])).toEqual([[0, 5]]);
  });
  it("leaves a constant as it is", () => {
    const flat = smooth([0, 1, 2, 3].map((step) => [step, 2]));
    for (const [, y] of flat) expect(y).toBeCloseTo(2);
  });
  it("stays between the values that it has seen", () => {
    const [, , third] = smooth([
      [0, 0],
      [1, 10],
      [2, 0],
    ]);
    expect(third?.[1]).toBeGreaterThan(0);
    expect(third?.[1]).toBeLessThan(10);
  });
});
