import { describe, expect, it } from "vitest";
import { overridesOf, thresholdsOf } from "./thresholds";

describe("thresholds of a deployment", () => {
  it("are sent only where they differ from the version's own", () => {
    const own = { score: 0.5, fail_classes: ["open"] };
    expect(overridesOf({ score: 0.5, fail_classes: ["open"] }, own)).toEqual({});
    expect(overridesOf({ score: 0.7, fail_classes: ["open"] }, own)).toEqual({ score: 0.7 });
    expect(overridesOf({ unsure_from: 0.3 }, own)).toEqual({ unsure_from: 0.3 });
  });
  it("never send an empty list of classes", () => {
    expect(overridesOf({ fail_classes: [] }, { fail_classes: ["open"] })).toEqual({});
  });
  it("are none for a problem that is not known", () => {
    expect(thresholdsOf("poetry")).toEqual([]);
  });
});
