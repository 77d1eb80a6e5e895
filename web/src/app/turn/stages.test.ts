import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { stagesOf, turnIsDone } from "./stages";

const NOW = Date.parse("2026-01-05T12:00:00Z");
const site = (more: object = {}) =>
  ({
    images: 10,
    last_image_at: "2026-01-05T08:00:00Z",
    decisions_24h: { pass: 1, fail: 1, unsure: 0 },
    deployments: [{}],
    ...more,
  }) as unknown as Schemas["SiteOverview"];
const run = (state: string, more: object = {}) =>
  ({ state, progress: 0.4, eta_s: 60, ...more }) as unknown as Schemas["Run"];
const whole = {
  sites: [site()],
  labelled: 4,
  datasets: [{ n_versions: 1 } as Schemas["Dataset"]],
  runs: [run("succeeded")],
  evaluations: [{ state: "succeeded" } as Schemas["Evaluation"]],
  jobs: [],
};

describe("the turn of the loop", () => {
  it("waits everywhere on an empty hub", () => {
    const stages = stagesOf({}, NOW);
    expect(stages.map((stage) => stage.state)).toEqual(Array.from({ length: 7 }, () => "waiting"));
    expect(turnIsDone(stages)).toBe(false);
  });
  it("is done when every stage has something and nothing runs", () => {
    expect(turnIsDone(stagesOf(whole, NOW))).toBe(true);
  });
  it("tells how far a training is, and is not done meanwhile", () => {
    const stages = stagesOf({ ...whole, runs: [run("running"), run("succeeded")] }, NOW);
    const training = stages.find((stage) => stage.name === "training");
    expect(training).toMatchObject({ state: "working", progress: 0.4, etaS: 60, count: 1 });
    expect(turnIsDone(stages)).toBe(false);
  });
  it("sees images arriving by the time of the last one", () => {
    const [capture] = stagesOf({ ...whole, sites: [site({ last_image_at: "2026-01-05T11:59:58Z" })] }, NOW);
    expect(capture?.state).toBe("working");
  });
  it("shows a freeze and an evaluation while their jobs run", () => {
    const job = (kind: string) => ({ kind, state: "running", progress: 0.2 }) as Schemas["Job"];
    const stages = stagesOf({ ...whole, jobs: [job("datasets.freeze"), job("evaluation.run")] }, NOW);
    const working = stages.filter((stage) => stage.state === "working").map((stage) => stage.name);
    expect(working).toEqual(["dataset", "evaluation"]);
  });
});
