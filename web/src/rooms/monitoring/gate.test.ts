import { describe, expect, it } from "vitest";
import { groupPower, sumReasons } from "./gate";

describe("the reasons of a gate", () => {
  it("are told once each, the most frequent first", () => {
    const counted = [
      { code: "dark", words: "dark", n: 2 },
      { code: "blurred", words: "blurred", n: 3 },
      { code: "dark", words: "dark", n: 4 },
    ];
    expect(sumReasons(counted).map(({ code, n }) => [code, n])).toEqual([
      ["dark", 6],
      ["blurred", 3],
    ]);
  });
});

describe("what a gate can see", () => {
  it("is told with the worst first, and together where it is the same", () => {
    const power = (["blur", "bright", "dark", "turn"] as const).map((code, at) => ({
      code,
      words: code,
      seen: "partly" as const,
      refused: { value: [1, 0.3, 0.8, 1][at] ?? 0, low: 0, high: 1 },
      told: { value: 1, low: 0, high: 1 },
      n_images: 100,
    }));
    const grouped = groupPower(power).map((group) => group.map(({ code }) => code));
    expect(grouped).toEqual([["bright"], ["dark"], ["blur", "turn"]]);
  });
});
