/* What the pages of evaluations ask the hub for. Keys begin with the topic "evaluations". */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { useListing } from "@/api/listing";
import { polling } from "@/api/polling";

export type Evaluation = Schemas["Evaluation"];
export type Slice = Schemas["EvaluationSlice"];
export type Estimate = Schemas["MetricEstimate"];
export type Item = Schemas["EvaluationItem"];
export type Comparison = Schemas["EvaluationComparison"];
export type Difference = Schemas["SliceDifference"];
export type Outcome = "right" | "wrong" | "escape" | "overkill" | "unsure";
export const OUTCOMES: Outcome[] = ["escape", "overkill", "wrong", "unsure", "right"];

const PRIMARY: Record<string, string> = {
  classification: "balanced_accuracy",
  detection: "map50",
  regression: "mae",
};

const NO_SITES: Slice[] = [];

/** Return the sites of an evaluation, worst first. */
export function sitesOf(evaluation: Evaluation): Slice[] {
  return evaluation.sites ?? NO_SITES;
}

/** Return the metric that judges the evaluation: that of the acceptance rule, or the problem's own. */
export function judgedBy(evaluation: Evaluation): string {
  return evaluation.overall?.metric ?? sitesOf(evaluation)[0]?.metric ?? PRIMARY[evaluation.problem] ?? "";
}

export const isRunning = (evaluation: Evaluation | undefined): boolean =>
  evaluation?.state === "queued" || evaluation?.state === "running";

export function useEvaluations(filter: { model?: string; dataset_version?: string } = {}) {
  const { model, dataset_version } = filter;
  return useListing<Evaluation>(
    ["evaluations", "list", model ?? "", dataset_version ?? ""],
    (cursor, signal) =>
      body(
        api.GET("/api/v1/evaluations", {
          params: { query: { model, dataset_version, cursor, limit: 50 } },
          signal,
        }),
      ),
    { busy: (rows) => rows.some(isRunning) },
  );
}

export const evaluationQuery = (id: string) =>
  queryOptions({
    queryKey: ["evaluations", id],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/evaluations/{evaluation_id}", { params: { path: { evaluation_id: id } }, signal }),
      ),
    ...polling<Evaluation>(isRunning),
  });

export const slicesQuery = (id: string) =>
  queryOptions({
    queryKey: ["evaluations", id, "slices"],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/evaluations/{evaluation_id}/slices", {
          params: { path: { evaluation_id: id } },
          signal,
        }),
      ),
  });

export function useItems(id: string, site: string | undefined, outcome: Outcome | undefined) {
  return useListing<Item>(["evaluations", id, "items", site ?? "", outcome ?? ""], (cursor, signal) =>
    body(
      api.GET("/api/v1/evaluations/{evaluation_id}/items", {
        params: { path: { evaluation_id: id }, query: { site, outcome, cursor, limit: 24 } },
        signal,
      }),
    ),
  );
}

export const comparisonQuery = (champion: string, challenger: string, metric: string | undefined) =>
  queryOptions({
    queryKey: ["evaluations", champion, "compare", challenger, metric ?? ""],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/evaluations/{champion_id}/compare/{challenger_id}", {
          params: { path: { champion_id: champion, challenger_id: challenger }, query: { metric } },
          signal,
        }),
      ),
  });

export const errorSlicesQuery = (model: string) =>
  queryOptions({
    queryKey: ["evaluations", "losing", model],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/models/{model}/slices", { params: { path: { model } }, signal })),
  });

export const labelSuspectsQuery = (version: string) =>
  queryOptions({
    queryKey: ["evaluations", "doubt", version],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/label-suspects", { params: { query: { dataset_version: version } }, signal })),
  });
