import { describe, expect, it } from "vitest";
import { isUnusual, mostUnusualFirst } from "./unusual";

describe("a signal of an image", () => {
  it("is unusual at either end of the reference", () => {
    expect([2, 50, 99].map((percentile) => isUnusual({ percentile }))).toEqual([true, false, true]);
  });
  it("is not unusual without a reference", () => {
    expect(isUnusual({ percentile: null })).toBe(false);
  });
  it("comes first where it is most unusual", () => {
    const sorted = mostUnusualFirst([null, 40, 99, 3].map((percentile) => ({ percentile })));
    expect(sorted.map(({ percentile }) => percentile)).toEqual([99, 3, 40, null]);
  });
});
