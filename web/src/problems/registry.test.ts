import { createInstance } from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import en from "@/locales/en/problems.json";
import fr from "@/locales/fr/problems.json";
import { makeFormat } from "@/ui/format";
import type { Target } from "./contract";
import { problemOf } from "./registry";

const texts = createInstance();
beforeAll(() =>
  texts.init({ lng: "en", ns: ["problems"], resources: { en: { problems: en }, fr: { problems: fr } } }),
);
const tell = (target: Target, language = "en", unit?: string) =>
  problemOf(target)?.tell(target, {
    t: texts.getFixedT(language, "problems"),
    format: makeFormat(language),
    unit: unit ?? null,
  });
const boxes = {
  boxes: [
    { box: [0, 0, 4, 5], class: "open", score: 0.5 },
    { box: [1, 2, 3, 4], class: "short", score: 0.9 },
    { box: [1, 2, 3, 4], class: "short", score: 0.1 },
  ],
};

describe("a target in words", () => {
  it("counts objects by class, the most frequent first", () => {
    expect(tell(boxes)).toBe("3 objects: 2 short, 1 open");
    expect(tell({ boxes: boxes.boxes.slice(0, 1) }, "fr")).toBe("1 objet\u00a0: 1 open");
  });
  it("says that there is nothing, which is not the same as not knowing", () => {
    expect(tell({ boxes: [] })).toBe("No object: seen and empty");
  });
  it("gives the class with its score, when a model said it", () => {
    expect(tell({ class: "ok" })).toBe("ok");
    expect(tell({ class: "ok", scores: { ok: 0.975, bad: 0.025 } })).toBe("ok (97.5%)");
  });
  it("gives a value with its unit", () => {
    expect(tell({ value: 0.33 }, "fr", "mm")).toBe("0,33 mm");
  });
  it("does not pretend to know other problems", () => {
    expect(problemOf({ mask: "…" })).toBeUndefined();
  });
});

describe("a detection on the image", () => {
  it("is a box by its corner and size, with its layer", () => {
    expect(problemOf(boxes)?.shapesOf(boxes, "prediction")[0]).toMatchObject({
      x: 0,
      y: 0,
      width: 4,
      height: 5,
      layer: "prediction",
      label: "open",
      score: 0.5,
    });
  });
  it("counts from the lower of the thresholds", () => {
    expect(problemOf(boxes)?.scoreFrom({ score: 0.5, unsure_from: 0.3 })).toBe(0.3);
    expect(problemOf(boxes)?.scoreFrom({ score: 0.5 })).toBe(0.5);
    expect(problemOf(boxes)?.scoreFrom({})).toBe(0);
  });
});
