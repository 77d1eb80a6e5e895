import { describe, expect, it } from "vitest";
import { makeFormat } from "@/ui/format";
import {
  amberLevel,
  oddsOf,
  paceOf,
  readPairs,
  readSignature,
  tellNumbers,
  tellStrength,
  wordOf,
} from "./words";

describe("the word of a channel", () => {
  it("is that of its group and name", () => {
    expect(wordOf("acquisition.sharpness")).toEqual({ key: "acquisition.sharpness" });
    expect(wordOf("fingerprint.jpeg_quality")).toEqual({ key: "fingerprint.jpeg_quality" });
  });
  it("names the axis, and the class, that it is of", () => {
    expect(wordOf("embedding.axis3")).toEqual({ key: "embedding.axis", of: "3" });
    expect(wordOf("predictions.boxes.open circuit")).toEqual({
      key: "predictions.boxes_of",
      of: "open circuit",
    });
    expect(wordOf("predictions.boxes")).toEqual({ key: "predictions.boxes" });
  });
  it("tells the part of a lot's record apart", () => {
    expect(wordOf("acquisition.noise.q90")).toEqual({ key: "acquisition.noise", part: "q90" });
    expect(wordOf("predictions.score.bad.std")).toEqual({
      key: "predictions.score_of",
      of: "bad",
      part: "std",
    });
  });
});

describe("the numbers of evidence", () => {
  it("have their interval with the change", () => {
    expect(tellNumbers("audit.up", { change: 0.12, low: 0.05, high: 0.19, images: 80 })).toEqual([
      { name: "change", kind: "share", value: 0.12, low: 0.05, high: 0.19 },
      { name: "images", kind: "count", value: 80 },
    ]);
  });
  it("have a change where before and after are known", () => {
    const told = tellNumbers("prevalence.moved", { before: 0.1, after: 0.3, low: 0.1, high: 0.3 });
    expect(told.at(-1)).toMatchObject({ name: "change", low: 0.1, high: 0.3 });
    expect(told.at(-1)?.value).toBeCloseTo(0.2);
  });
  it("of channels keep their names", () => {
    expect(tellNumbers("light.yes", { "acquisition.contrast": -2 })[0]).toEqual({
      name: "acquisition.contrast",
      kind: "plain",
      value: -2,
      channel: true,
    });
  });
  it("of agreement are no shares", () => {
    expect(tellNumbers("agreement.down", { change: -0.3 })[0]?.kind).toBe("plain");
  });
});

describe("a signature", () => {
  it("has a strength for each of its kinds", () => {
    const onGolden = "a spot of -31% light, 69% from the left and 44% from the top + gamma 1.15";
    expect(readSignature("spot + gamma", onGolden)).toEqual([
      { kind: "spot", strength: "-31%" },
      { kind: "gamma", strength: "1.15" },
    ]);
    expect(readSignature("spot", "a spot of -12 grey values, 44% from the left and 6% from the top")).toEqual(
      [{ kind: "spot_grey", strength: "-12" }],
    );
    expect(readSignature("shift_down", "moved -3.5% down")).toEqual([
      { kind: "shift_down", strength: "-3.5%" },
    ]);
  });
  it("may be missing", () => {
    expect(readSignature(null, null)).toEqual([]);
  });
});

describe("evidence", () => {
  it("is unusual before it is an alarm", () => {
    expect(amberLevel(2_629_800)).toBeCloseTo(Math.log(43_830) / Math.log(2_629_800));
    expect(amberLevel(2_629_800)).toBeLessThan(1);
  });
  it("is told as odds while they can be read", () => {
    expect(oddsOf(Math.log(1000))).toBeCloseTo(1000);
    expect(oddsOf(400)).toBeNull();
  });
  it("is promised in years, or days where that is less than one", () => {
    expect(paceOf(5)).toEqual({ in: "years", count: 5 });
    expect(paceOf(0.1).in).toBe("days");
  });
});

describe("what the hub writes in short", () => {
  it("is read as pairs", () => {
    expect(readPairs("size: 640, 480, jpeg_quality: 60")).toEqual([
      ["size", "640, 480"],
      ["jpeg_quality", "60"],
    ]);
  });
  it("has its strength as the language writes numbers", () => {
    const french = makeFormat("fr");
    expect(tellStrength("1.15", french)).toBe("1,15");
    expect(tellStrength("+12%", french).replaceAll(/\s/g, " ")).toBe("+12 %");
    expect(tellStrength("", french)).toBe("");
  });
});
