import { describe, expect, it } from "vitest";
import type { Certificate, Estimate, PerformancePeriod } from "./queries";
import { latestModel, maySay, newestEstimates, withinInterval, wordOf } from "./standing";
import { linesOf, metricsOf, rangeOf, streamsOf, weeksOf } from "./weeks";

const figure = (
  metric: string,
  value: number | null,
  low: number | null = null,
  high: number | null = null,
) => ({
  metric,
  value,
  low,
  high,
  n_images: 40,
  n_units: 30,
  missing: null,
});
const model = (number: number) => ({ id: `mod_${number}`, name: "boards", number });
const period = (some: Partial<PerformancePeriod>): PerformancePeriod => ({
  site: "lyon",
  week: "2026-03-02",
  model: model(1),
  stream: "audit",
  n_inspected: 400,
  n_labelled: 40,
  figures: [figure("recall", 0.9, 0.85, 0.95), figure("f1", 0.92, 0.88, 0.96)],
  ...some,
});
const estimate = (some: Partial<Estimate>): Estimate => ({
  site: "lyon",
  model: model(2),
  week: "2026-03-09",
  metric: "f1",
  value: 0.9,
  low: 0.87,
  high: 0.93,
  n_images: 500,
  support_share: 0.99,
  why_not: null,
  labels_needed: null,
  past_errors: [],
  mean_past_error: null,
  ...some,
});

describe("weeks of labels", () => {
  const periods = [
    period({ week: "2026-03-09", model: model(2) }),
    period({}),
    period({ stream: "seeded", figures: [figure("recall", 0.7)] }),
    period({ stream: "unknown", n_labelled: 0, figures: [] }),
  ];

  it("never mixes two streams", () => {
    expect(weeksOf(periods, "seeded", "recall").map((one) => one.figure.value)).toEqual([0.7]);
    expect(weeksOf(periods, "audit", "recall").map((one) => one.week)).toEqual(["2026-03-02", "2026-03-09"]);
  });

  it("names only streams that have labels, and the deciding metric first", () => {
    expect(streamsOf(periods)).toEqual(["audit", "seeded"]);
    expect(metricsOf(periods, "audit", "f1")).toEqual(["f1", "recall"]);
  });

  it("draws a line for each version, without the weeks that have no value", () => {
    const weeks = weeksOf(
      [...periods, period({ week: "2026-03-16", figures: [figure("f1", null)] })],
      "audit",
      "f1",
    );
    expect(linesOf(weeks).map(({ name, weeks: found }) => [name, found.length])).toEqual([
      ["boards:1", 1],
      ["boards:2", 1],
    ]);
  });

  it("shows whole whiskers of a share, up to 1", () => {
    expect(rangeOf(weeksOf(periods, "audit", "recall"), true)).toEqual([0.8, 1]);
    expect(rangeOf([], true)).toEqual([0, 1]);
    expect(rangeOf([], false)).toEqual([undefined, undefined]);
  });
});

describe("what certificates and estimates come to", () => {
  it("does not call a claim certified that labels contradict since", () => {
    const certificate = { state: "certified", degraded_since: null } as Certificate;
    expect(wordOf(certificate)).toBe("certified");
    expect(wordOf({ ...certificate, degraded_since: "2026-03-02T08:00:00Z" })).toBe("fallen");
    expect(wordOf({ ...certificate, state: "violated", degraded_since: "2026-03-02T08:00:00Z" })).toBe(
      "violated",
    );
  });

  it("shows no estimate without past errors beside it, nor one that the guard holds back", () => {
    const past = { week: "2026-03-02", estimated: 0.9, measured: 0.88, low: 0.8, high: 0.95, n_labels: 40 };
    expect(maySay(estimate({}))).toBe(false);
    expect(maySay(estimate({ past_errors: [past] }))).toBe(true);
    expect(maySay(estimate({ past_errors: [past], value: null }))).toBe(false);
    expect(withinInterval([past, { ...past, estimated: 0.7 }])).toBe(1);
  });

  it("takes the newest week of the version that answers, F1 first", () => {
    const found = [
      estimate({ metric: "recall" }),
      estimate({}),
      estimate({ week: "2026-03-02" }),
      estimate({ model: model(1), n_images: 12 }),
    ];
    expect(latestModel(found)).toBe("mod_2");
    expect(newestEstimates(found, "mod_2").map(({ metric, week }) => [metric, week])).toEqual([
      ["f1", "2026-03-09"],
      ["recall", "2026-03-09"],
    ]);
  });
});
