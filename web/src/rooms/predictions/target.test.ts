import { describe, expect, it } from "vitest";
import { countedTarget, drawnShapes } from "./target";

const target = {
  boxes: [
    { box: [10, 20, 40, 60], class: "open", score: 0.9 },
    { box: [0, 0, 5, 5], class: "short", score: 0.2 },
    { box: [50, 50, 60, 70], class: "open", score: 0.6 },
  ],
};

describe("what counts of a prediction", () => {
  it("are the boxes from the threshold on, the surest drawn on top", () => {
    const drawn = drawnShapes(target, { score: 0.5 });
    expect(drawn.map(({ score }) => score)).toEqual([0.6, 0.9]);
    expect(drawn[1]).toMatchObject({ x: 10, y: 20, width: 30, height: 40 });
  });
  it("are those that make a piece unsure, too", () => {
    expect(drawnShapes(target, { score: 0.5, unsure_from: 0.1 })).toHaveLength(3);
  });
  it("is told without the boxes that do not count", () => {
    expect(countedTarget(target, { score: 0.5 })["boxes"]).toHaveLength(2);
  });
  it("is the whole of it where there are no boxes", () => {
    expect(countedTarget({ value: 0.33 }, {})).toEqual({ value: 0.33 });
    expect(drawnShapes({ class: "bad" }, {})).toEqual([]);
  });
});
