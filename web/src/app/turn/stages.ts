/* The stages of the loop and how each stands, worked out from what the rooms say. Pure: answers in, stages out. */
import type { Schemas } from "@/api/client";

export type StageState = "waiting" | "working" | "done";

export interface Stage {
  name: "capture" | "truth" | "dataset" | "training" | "evaluation" | "deployment" | "inspection";
  to: string;
  state: StageState;
  /** How many there are by now. */
  count: number;
  /** 0 to 1 while something runs and says how far it is. */
  progress: number | null;
  etaS: number | null;
}

export interface Answers {
  sites?: Schemas["SiteOverview"][] | undefined;
  labelled?: number | undefined;
  datasets?: Schemas["Dataset"][] | undefined;
  runs?: Schemas["Run"][] | undefined;
  evaluations?: Schemas["Evaluation"][] | undefined;
  jobs?: Schemas["Job"][] | undefined;
}

const RUN_GOES_ON = ["queued", "claimed", "running", "uploading"];
const JOB_GOES_ON = ["queued", "running"];
const FRESH_MS = 5_000;

export function stagesOf(answers: Answers, now: number): Stage[] {
  const sites = answers.sites ?? [];
  const running = answers.runs?.find((run) => RUN_GOES_ON.includes(run.state));
  const job = (room: string) =>
    answers.jobs?.find((one) => one.kind.startsWith(`${room}.`) && JOB_GOES_ON.includes(one.state));
  const sum = (of: (site: Schemas["SiteOverview"]) => number) =>
    sites.reduce((total, site) => total + of(site), 0);
  const latest = Math.max(0, ...sites.map((site) => Date.parse(site.last_image_at ?? "") || 0));
  const images = sum((site) => site.images);
  const decisions = sum(({ decisions_24h: d }) => d.pass + d.fail + d.unsure);
  const judging = answers.evaluations?.find((one) => JOB_GOES_ON.includes(one.state))
    ? job("evaluation")
    : undefined;
  const stage = (
    name: Stage["name"],
    to: string,
    count: number,
    work?: { progress?: number | null; eta?: number | null | undefined } | false,
  ): Stage => ({
    name,
    to,
    count,
    state: work ? "working" : count > 0 ? "done" : "waiting",
    progress: work ? (work.progress ?? null) : null,
    etaS: work ? (work.eta ?? null) : null,
  });
  return [
    stage("capture", "/images", images, job("imports") ?? (now - latest < FRESH_MS ? {} : false)),
    stage("truth", "/images?has_truth=true", answers.labelled ?? 0),
    stage(
      "dataset",
      "/datasets",
      (answers.datasets ?? []).reduce((total, one) => total + one.n_versions, 0),
      job("datasets"),
    ),
    stage(
      "training",
      "/runs",
      answers.runs?.filter((run) => run.state === "succeeded").length ?? 0,
      running && { progress: running.progress, eta: running.eta_s },
    ),
    stage(
      "evaluation",
      "/evaluations",
      answers.evaluations?.filter((one) => one.state === "succeeded").length ?? 0,
      judging ?? job("evaluation"),
    ),
    stage("deployment", "/deployments", sites.filter((site) => site.deployments.length > 0).length),
    stage("inspection", "/sites", decisions),
  ];
}

/** Say whether a whole turn is done: every stage has something, and nothing runs. */
export function turnIsDone(stages: Stage[]): boolean {
  return stages.every((stage) => stage.state === "done");
}
