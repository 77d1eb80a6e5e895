import { describe, expect, it } from "vitest";
import { Gestures, type GestureTarget, wheelFactor } from "./gestures";

function driven(): [Gestures, string[]] {
  const said: string[] = [];
  const target: GestureTarget = {
    panBy: (dx, dy) => said.push(`pan ${dx} ${dy}`),
    zoomAbout: (at, factor) => said.push(`zoom ${at.x} ${at.y} ${factor}`),
    click: (at) => said.push(`click ${at.x} ${at.y}`),
    hover: (at) => said.push(at ? `hover ${at.x} ${at.y}` : "hover none"),
    dragging: (active) => said.push(active ? "drag" : "rest"),
  };
  return [new Gestures(target), said];
}
const at = (x: number, y: number, pointerId = 1, button = 0) => ({ pointerId, button, x, y });

describe("gestures", () => {
  it("take a press without movement for a click", () => {
    const [gestures, said] = driven();
    gestures.press(at(10, 10));
    gestures.move(at(11, 12));
    gestures.release(at(11, 12));
    expect(said).toEqual(["click 11 12", "rest"]);
  });
  it("pan while one pointer drags, also with the middle button", () => {
    const [gestures, said] = driven();
    gestures.press(at(10, 10, 1, 1));
    gestures.move(at(13, 10));
    gestures.release(at(13, 10));
    expect(said).toEqual(["pan 3 0", "rest"]);
  });
  it("zoom about the middle of two pointers", () => {
    const [gestures, said] = driven();
    gestures.press(at(0, 0, 1));
    gestures.press(at(100, 0, 2));
    gestures.move(at(200, 0, 2));
    expect(said).toEqual(["pan 50 0", "zoom 100 0 2"]);
  });
  it("leave the right button to the browser", () => {
    const [gestures, said] = driven();
    expect(gestures.press(at(0, 0, 1, 2))).toBe(false);
    gestures.move(at(5, 5));
    expect(said).toEqual(["hover 5 5"]);
  });
  it("zoom in when the wheel turns away, whatever its unit, and never by a leap", () => {
    expect(wheelFactor({ deltaY: -100, deltaMode: 0, ctrlKey: false })).toBeCloseTo(1.221, 3);
    expect(wheelFactor({ deltaY: 3, deltaMode: 1, ctrlKey: false })).toBeLessThan(1);
    expect(wheelFactor({ deltaY: -90_000, deltaMode: 0, ctrlKey: false })).toBeLessThan(2);
  });
});
