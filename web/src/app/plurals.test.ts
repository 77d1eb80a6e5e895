import i18next from "i18next";
import { describe, expect, it } from "vitest";
import { withMany } from "./plurals";

describe("plural forms", () => {
  it("reads a million images in French like any other number", async () => {
    const texts = i18next.createInstance();
    const fr = { shown: { images_one: "{{count}} image", images_other: "{{count}} images" } };
    await texts.init({ lng: "fr", resources: { fr: { translation: withMany(fr) } } });
    expect(texts.t("shown.images", { count: 1_000_000 })).toBe("1000000 images");
    expect(texts.t("shown.images", { count: 2 })).toBe("2 images");
    expect(texts.t("shown.images", { count: 0 })).toBe("0 image");
  });

  it("leaves a form that is there alone", () => {
    expect(withMany({ a_other: "x", a_many: "y", b: "z" })).toEqual({ a_other: "x", a_many: "y", b: "z" });
  });
});
