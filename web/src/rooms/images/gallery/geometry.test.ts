import { describe, expect, it } from "vitest";
import { layoutOf, moveBy, pagesOf } from "./geometry";

describe("tiles", () => {
  it("fill the width with whole columns", () => {
    expect(layoutOf(1000, "M")).toEqual({ columns: 5, side: 193, rowHeight: 227 });
  });
  it("stand at least two beside each other, so that a telephone scrolls half as far", () => {
    expect(layoutOf(358, "L").columns).toBe(2);
  });
});

describe("keys among the tiles", () => {
  const grid = { columns: 4, rowsInSight: 3, total: 10 };
  it.each([
    ["ArrowRight", 0, 1],
    ["ArrowRight", 9, 9],
    ["ArrowLeft", 0, 0],
    ["ArrowDown", 1, 5],
    ["ArrowDown", 7, 9],
    ["ArrowDown", 8, 8],
    ["ArrowUp", 2, 2],
    ["ArrowUp", 6, 2],
    ["PageDown", 0, 8],
    ["PageUp", 9, 1],
    ["Home", 7, 0],
    ["End", 2, 9],
  ])("%s from %i leads to %i", (key, from, to) => {
    expect(moveBy(key, from, grid)).toBe(to);
  });
  it("leave others alone", () => {
    expect(moveBy("a", 3, grid)).toBeNull();
  });
});

describe("pages", () => {
  it("are those that the images in sight lie on", () => {
    expect(pagesOf(0, 30, 200)).toEqual([0]);
    expect(pagesOf(190, 420, 200)).toEqual([0, 1, 2]);
  });
});
