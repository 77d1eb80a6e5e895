import { describe, expect, it } from "vitest";
import type { Shape } from "../shapes/shape";
import { allAt, nextOf, shownOf, smallestAt } from "./hit";

const box = (id: string, x: number, y: number, side: number, score: number | null = null): Shape => ({
  id,
  kind: "box",
  layer: score === null ? "truth" : "prediction",
  x,
  y,
  width: side,
  height: side,
  label: "open",
  score,
});
const big = box("big", 0, 0, 100);
const small = box("small", 40, 40, 10);
const sure = box("sure", 38, 38, 14, 0.9);
const doubtful = box("doubtful", 200, 5, 20, 0.2);
const all = [big, small, sure, doubtful];

describe("the object that is meant", () => {
  it("is the smallest under the cursor", () => {
    expect(smallestAt(all, { x: 45, y: 45 }, 0)?.id).toBe("small");
    expect(smallestAt(all, { x: 5, y: 5 }, 0)?.id).toBe("big");
    expect(smallestAt(all, { x: 150, y: 150 }, 0)).toBeNull();
  });
  it("may be missed by a few pixels", () => {
    expect(smallestAt(all, { x: 198, y: 10 }, 0)).toBeNull();
    expect(smallestAt(all, { x: 198, y: 10 }, 3)?.id).toBe("doubtful");
  });
  it("changes with repeated clicks, smallest first", () => {
    expect(allAt(all, { x: 45, y: 45 }, 0).map(({ id }) => id)).toEqual(["small", "sure", "big"]);
  });
  it("comes by Tab in reading order, and Tab leaves after the last", () => {
    const seen: string[] = [];
    for (let at = nextOf(all, null, 1); at; at = nextOf(all, at.id, 1)) seen.push(at.id);
    expect(seen).toEqual(["big", "doubtful", "sure", "small"]);
    expect(nextOf(all, "big", -1)).toBeNull();
    expect(nextOf(all, null, -1)?.id).toBe("small");
  });
  it("is never one that is hidden by its layer or its score", () => {
    const ids = (shown: Parameters<typeof shownOf>[1]) => shownOf(all, shown).map(({ id }) => id);
    expect(ids({ truth: true, prediction: true, minScore: 0.5 })).toEqual(["big", "small", "sure"]);
    expect(ids({ truth: false, prediction: true, minScore: 0 })).toEqual(["sure", "doubtful"]);
    expect(ids({ truth: true, prediction: false, minScore: 0 })).toEqual(["big", "small"]);
  });
});
