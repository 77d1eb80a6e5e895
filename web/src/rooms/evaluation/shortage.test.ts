import { describe, expect, it } from "vitest";
import { readShortage } from "./shortage";

describe("what is missing for a figure", () => {
  it("is read from the hub's words", () => {
    expect(readShortage("too few true boxes: 2, at least 5 needed")).toEqual({
      unit: "true_boxes",
      there: 2,
      needed: 5,
    });
  });
  it("stays in the hub's words where they are others", () => {
    expect(readShortage("not defined here")).toBeUndefined();
  });
});
