/* What the rooms say of the turn, as far as the person may read it. */
import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";
import { BUSY_MS } from "@/api/polling";
import { useSession } from "@/app/session";
import type { Answers } from "./stages";

export function useAnswers(): { answers: Answers; error: unknown } {
  const { permissions } = useSession();
  const may = (permission: string) => ({
    enabled: permissions.includes(permission),
    refetchInterval: BUSY_MS,
  });
  const sites = useQuery({
    queryKey: ["sites", "overview"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/sites/overview", { signal })),
    ...may("sites:read"),
  });
  const labelled = useQuery({
    queryKey: ["truth", "count"],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/images/landmarks", { params: { query: { has_truth: true, every: 500 } }, signal }),
      ),
    ...may("images:read"),
  });
  const datasets = useQuery({
    queryKey: ["datasets", "turn"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/datasets", { params: { query: { limit: 200 } }, signal })),
    ...may("datasets:read"),
  });
  const runs = useQuery({
    queryKey: ["runs", "turn"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/runs", { params: { query: { limit: 50 } }, signal })),
    ...may("runs:read"),
  });
  const evaluations = useQuery({
    queryKey: ["evaluations", "turn"],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/evaluations", { params: { query: { limit: 50 } }, signal })),
    ...may("evaluations:read"),
  });
  const jobs = useQuery({
    queryKey: ["jobs", "turn"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/jobs", { params: { query: { limit: 20 } }, signal })),
    ...may("jobs:read"),
  });
  const all = [sites, labelled, datasets, runs, evaluations, jobs];
  return {
    answers: {
      sites: sites.data?.items,
      labelled: labelled.data?.total,
      datasets: datasets.data?.items,
      runs: runs.data?.items,
      evaluations: evaluations.data?.items,
      jobs: jobs.data?.items,
    },
    error: all.find((query) => query.error)?.error,
  };
}
