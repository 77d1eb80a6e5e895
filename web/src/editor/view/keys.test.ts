import { describe, expect, it } from "vitest";
import { actionOf } from "./keys";

const press = (key: string, more: Partial<Parameters<typeof actionOf>[0]> = {}) =>
  actionOf({ key, code: "", shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

describe("keys of the viewer", () => {
  it("zoom, fit and show real size", () => {
    expect(press("+")).toEqual({ kind: "zoom", factor: 1.25 });
    expect(press("-")).toEqual({ kind: "zoom", factor: 0.8 });
    expect(press("0")).toEqual({ kind: "fit" });
    expect(press("1")).toEqual({ kind: "actual" });
  });
  it("work on AZERTY, where digits need Shift", () => {
    expect(press("à", { code: "Digit0" })).toEqual({ kind: "fit" });
    expect(press("&", { code: "Digit1" })).toEqual({ kind: "actual" });
  });
  it("pan by the arrows, further with Shift", () => {
    expect(press("ArrowLeft")).toEqual({ kind: "pan", dx: 60, dy: 0 });
    expect(press("ArrowDown", { shiftKey: true })).toEqual({ kind: "pan", dx: 0, dy: -240 });
  });
  it("go through the objects by Tab, both ways", () => {
    expect(press("Tab")).toEqual({ kind: "cycle", step: 1 });
    expect(press("Tab", { shiftKey: true })).toEqual({ kind: "cycle", step: -1 });
  });
  it("hide all, show the template, and hide a layer", () => {
    expect(press("B")).toEqual({ kind: "blink" });
    expect(press("r")).toEqual({ kind: "template" });
    expect(press("t")).toEqual({ kind: "toggle", layer: "truth" });
    expect(press("p")).toEqual({ kind: "toggle", layer: "prediction" });
  });
  it("leave the browser's own combinations alone", () => {
    expect(press("+", { ctrlKey: true })).toBeNull();
    expect(press("r", { metaKey: true })).toBeNull();
    expect(press("j")).toBeNull();
  });
});
