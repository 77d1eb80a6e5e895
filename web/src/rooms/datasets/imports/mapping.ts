/* What a person says about the files, between two dry runs. Pure: the pages show it, the hub judges it. */
import type { Check, Import, Mapping } from "./queries";

export interface Draft {
  labelSchema: string;
  classes: Record<string, string | null>;
  goodClass: string | null;
  unlabelled: "not-seen" | "empty";
  references: string;
  fields: Record<string, string>;
  timeZone: string;
}

export const CONTEXT = [
  "group_key",
  "part_id",
  "batch_id",
  "captured_at",
  "camera",
  "external_id",
  "station",
] as const;

/** Return the draft that says what the dry run assumed. */
export function draftOf({ mapping, report }: Pick<Import, "mapping" | "report">): Draft {
  return {
    labelSchema: mapping.label_schema ?? report?.proposal?.label_schema ?? "",
    classes: Object.fromEntries((report?.classes ?? []).map(({ given, mapped_to }) => [given, mapped_to])),
    goodClass: mapping.good_class ?? report?.proposal?.good_class ?? null,
    unlabelled: mapping.unlabelled ?? "not-seen",
    references: mapping.references ?? report?.references ?? "",
    fields: { ...mapping.fields },
    timeZone: mapping.time_zone ?? "",
  };
}

/** Return what is asked of the hub. A schema that exists grows when a class is mapped to a new name. */
export function mappingOf(draft: Draft, check: Check, known: readonly string[] | undefined): Mapping {
  const wanted = Object.values(draft.classes).filter((name) => name !== null);
  return {
    format: check.format,
    label_schema: check.problem === null ? null : draft.labelSchema || null,
    classes: draft.classes,
    good_class: check.problem === "classification" && !known ? draft.goodClass : null,
    add_classes: known !== undefined && wanted.some((name) => !known.includes(name)),
    unlabelled: draft.unlabelled,
    references: draft.references.trim() || null,
    fields: Object.fromEntries(Object.entries(draft.fields).filter(([, column]) => column)),
    time_zone: draft.timeZone.trim() || null,
  };
}

export function isSame(a: Draft, b: Draft): boolean {
  const sorted = (draft: Draft) =>
    JSON.stringify({
      ...draft,
      classes: Object.entries(draft.classes).toSorted(),
      fields: Object.entries(draft.fields)
        .filter(([, column]) => column)
        .toSorted(),
    });
  return sorted(a) === sorted(b);
}

/** Return the names that a given class may be mapped to: those of the schema, then those of the files. */
export function targetsOf(check: Check, known: readonly string[] | undefined): string[] {
  return [...new Set([...(known ?? []), ...check.classes.map(({ given }) => given)])];
}
