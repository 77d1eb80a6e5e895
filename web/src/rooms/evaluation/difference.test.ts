import { describe, expect, it } from "vitest";
import { makeFormat } from "@/ui/format";
import { tellDifference } from "./difference";

describe("a difference", () => {
  const format = makeFormat("fr");
  const estimate = { n: 10, n_groups: 5, confidence: 0.95, too_few: false };
  it("is told with its sign and its interval", () => {
    expect(tellDifference({ ...estimate, value: 0.0312, low: -0.01, high: 0.07 }, format)).toEqual({
      value: "+0,031",
      range: "[−0,010; +0,070]",
    });
  });
  it("is not invented where there are too few images", () => {
    expect(tellDifference({ ...estimate, value: null, low: null, high: null }, format)).toEqual({
      value: "–",
      range: "",
    });
  });
});
