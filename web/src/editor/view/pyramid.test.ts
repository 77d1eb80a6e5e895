import { describe, expect, it } from "vitest";
import { levelFor } from "./pyramid";

describe("the level of the pyramid", () => {
  const steps = [1, 2, 4, 8];
  it("is the coarsest that is still sharp", () => {
    expect(levelFor(steps, 2)).toBe(0);
    expect(levelFor(steps, 1)).toBe(0);
    expect(levelFor(steps, 0.6)).toBe(0);
    expect(levelFor(steps, 0.5)).toBe(1);
    expect(levelFor(steps, 0.13)).toBe(2);
    expect(levelFor(steps, 0.01)).toBe(3);
  });
  it("is one coarser while something moves, as far as there is one", () => {
    expect(levelFor(steps, 0.5, true)).toBe(2);
    expect(levelFor(steps, 0.01, true)).toBe(3);
    expect(levelFor([1], 1, true)).toBe(0);
  });
});
