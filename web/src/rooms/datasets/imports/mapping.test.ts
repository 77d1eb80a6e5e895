import { describe, expect, it } from "vitest";
import { draftOf, isSame, mappingOf, targetsOf } from "./mapping";
import type { Check, Import } from "./queries";

const check = {
  format: "coco",
  problem: "detection",
  proposal: { label_schema: "boards", exists: true, classes: ["open", "short"], good_class: null },
  classes: [
    { given: "Open", objects: 4, images: 3, mapped_to: "open" },
    { given: "dust", objects: 1, images: 1, mapped_to: null },
  ],
  references: null,
} as unknown as Check;
const one = { mapping: { fields: {} }, report: check } as unknown as Import;

describe("the mapping of an import", () => {
  it("begins with what the dry run proposed", () => {
    expect(draftOf(one)).toMatchObject({ labelSchema: "boards", classes: { Open: "open", dust: null } });
  });
  it("lets the schema grow only when a class goes to a new name", () => {
    const draft = draftOf(one);
    expect(mappingOf(draft, check, ["open", "short"]).add_classes).toBe(false);
    const grown = { ...draft, classes: { ...draft.classes, dust: "dust" } };
    expect(mappingOf(grown, check, ["open", "short"]).add_classes).toBe(true);
    expect(mappingOf(grown, check, undefined).add_classes).toBe(false);
  });
  it("offers the schema's classes first, then the files' own", () => {
    expect(targetsOf(check, ["open", "short"])).toEqual(["open", "short", "Open", "dust"]);
  });
  it("is changed only by a real change", () => {
    const draft = draftOf(one);
    expect(isSame(draft, { ...draft, classes: { dust: null, Open: "open" }, fields: { part_id: "" } })).toBe(
      true,
    );
    expect(isSame(draft, { ...draft, unlabelled: "empty" })).toBe(false);
  });
});
