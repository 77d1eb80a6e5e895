import { describe, expect, it } from "vitest";
import { sumReasons } from "./gate";

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
