import { describe, expect, it } from "vitest";
import { fit, keepInSight, MAX_SCALE, reveal, toImage, toScreen, visiblePart, zoomAbout } from "./transform";

const image = { width: 4000, height: 3000 };
const frame = { width: 824, height: 624 };

describe("the view", () => {
  it("shows the whole image in the middle when it fits", () => {
    const view = fit(image, frame);
    expect(view.scale).toBeCloseTo(0.2);
    expect(view.x).toBeCloseTo(12);
    expect(view.y).toBeCloseTo(12);
  });
  it("does not blow up a tiny image beyond the limit", () => {
    expect(fit({ width: 2, height: 2 }, frame).scale).toBe(MAX_SCALE);
  });
  it("keeps the image point under the cursor when it zooms", () => {
    const before = fit(image, frame);
    const cursor = { x: 301, y: 97 };
    const after = zoomAbout(before, cursor, 3.7, 0.01);
    expect(toImage(after, cursor).x).toBeCloseTo(toImage(before, cursor).x);
    expect(toImage(after, cursor).y).toBeCloseTo(toImage(before, cursor).y);
  });
  it("stops at the limits, and the point still stays", () => {
    const cursor = { x: 10, y: 20 };
    const far = zoomAbout(fit(image, frame), cursor, 1e9, 0.01);
    expect(far.scale).toBe(MAX_SCALE);
    const point = toImage(fit(image, frame), cursor);
    expect(toScreen(far, point).x).toBeCloseTo(cursor.x);
  });
  it("never loses the image out of the frame", () => {
    const lost = { scale: 0.2, x: 90_000, y: -90_000 };
    const kept = keepInSight(lost, image, frame);
    expect(kept.x).toBe(frame.width - 48);
    expect(kept.y).toBe(48 - 600);
    expect(visiblePart(kept, image, frame)).not.toBeNull();
  });
  it("tells the visible part in whole pixels", () => {
    expect(visiblePart({ scale: 2, x: -1, y: 100 }, image, frame)).toEqual({
      x: 0,
      y: 0,
      width: 413,
      height: 262,
    });
    expect(visiblePart({ scale: 1, x: 900, y: 0 }, image, frame)).toBeNull();
  });
  it("moves to an object only when it is out of the frame", () => {
    const view = { scale: 1, x: 0, y: 0 };
    expect(reveal(view, { x: 10, y: 10, width: 5, height: 5 }, frame)).toBe(view);
    const moved = reveal(view, { x: 2000, y: 2000, width: 10, height: 10 }, frame);
    expect(toScreen(moved, { x: 2005, y: 2005 })).toEqual({ x: 412, y: 312 });
  });
});
