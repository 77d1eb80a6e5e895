import { describe, expect, it } from "vitest";
import { groupCurves, readCurves } from "./curves";

describe("the curves of a run", () => {
  const curves = readCurves([
    { step: 0, values: { loss: 3, learning_rate: 0.001 } },
    { step: 10, values: { map50: 0.4, recall: 0.5 } },
    { step: 20, values: { loss: 1, learning_rate: 0.0005 } },
  ]);
  it("keep the steps at which each value was told", () => {
    expect(curves.find((curve) => curve.name === "loss")?.points).toEqual([
      [0, 3],
      [20, 1],
    ]);
  });
  it("stand together when they share a scale", () => {
    const names = groupCurves(curves).map(({ kind, curves: group }) => [kind, group.map((one) => one.name)]);
    expect(names).toEqual([
      ["share", ["map50", "recall"]],
      ["loss", ["loss"]],
      ["other", ["learning_rate"]],
    ]);
  });
});
