/* The thresholds that a problem's decision reads, in the order in which people think of them. */
export type ThresholdKind = "score" | "number" | "classes";
export type ThresholdValue = number | string[];
export type ThresholdValues = Record<string, ThresholdValue>;

const KINDS: Record<string, [name: string, kind: ThresholdKind][]> = {
  classification: [
    ["fail_at", "score"],
    ["unsure_from", "score"],
    ["unsure_to", "score"],
    ["fail_classes", "classes"],
  ],
  detection: [
    ["score", "score"],
    ["unsure_from", "score"],
    ["fail_classes", "classes"],
  ],
  regression: [
    ["fail_above", "number"],
    ["fail_below", "number"],
    ["unsure_margin", "number"],
  ],
};

export const thresholdsOf = (problem: string) => KINDS[problem] ?? [];

/** Return only what differs from the version's own thresholds: the rest goes on following the artefact. */
export function overridesOf(given: ThresholdValues, own: Record<string, unknown>): ThresholdValues {
  const differs = ([name, value]: [string, ThresholdValue]) =>
    JSON.stringify(value) !== JSON.stringify(own[name]) && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(given).filter(differs));
}
