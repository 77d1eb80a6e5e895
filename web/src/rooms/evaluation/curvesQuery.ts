/* The curves of an evaluation, of all sites or of one. */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type EvaluationCurves = Schemas["EvaluationCurves"];

export const curvesQuery = (id: string, site: string | null) =>
  queryOptions({
    queryKey: ["evaluations", id, "curves", site ?? ""],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/evaluations/{evaluation_id}/curves", {
          params: { path: { evaluation_id: id }, query: { site } },
          signal,
        }),
      ),
  });
