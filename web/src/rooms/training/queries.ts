/* What the pages of runs ask the hub for. Keys begin with the topic "runs", so that the stream refreshes them. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { type Grown, grow } from "@/api/growing";
import { useListing } from "@/api/listing";
import { BUSY_MS, polling } from "@/api/polling";

export type Run = Schemas["Run"];
export type RunState = Run["state"];
export type MetricPoint = Schemas["MetricPoint"];
export type LogLine = Schemas["LogLine"];

const FINAL: RunState[] = ["succeeded", "failed", "cancelled"];
export const isRunning = (run: Run | undefined): boolean => run !== undefined && !FINAL.includes(run.state);

export function useRuns(state?: RunState) {
  return useListing<Run>(
    ["runs", "list", state ?? "all"],
    (cursor, signal) =>
      body(api.GET("/api/v1/runs", { params: { query: { state, cursor, limit: 50 } }, signal })),
    { busy: (runs) => runs.some(isRunning) },
  );
}

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ["runs", run],
    queryFn: ({ signal }) => body(api.GET("/api/v1/runs/{run}", { params: { path: { run } }, signal })),
    ...polling<Run>(isRunning),
  });

export const trainersQuery = queryOptions({
  queryKey: ["runs", "trainers"],
  queryFn: ({ signal }) => body(api.GET("/api/v1/trainers", { signal })),
  ...polling<Schemas["TrainerPage"]>(),
});

/** Follow the points of a run's curves; only what is new is fetched. */
export function usePoints(run: string, running: boolean) {
  return useGrowing<MetricPoint>(["runs", run, "points"], running, (cursor, signal) =>
    body(api.GET("/api/v1/runs/{run}/points", { params: { path: { run }, query: { cursor } }, signal })),
  );
}

/** Follow the log of a run; only what is new is fetched. */
export function useLog(run: string, running: boolean) {
  return useGrowing<LogLine>(["runs", run, "log"], running, (cursor, signal) =>
    body(api.GET("/api/v1/runs/{run}/log", { params: { path: { run }, query: { cursor } }, signal })),
  );
}

type FetchPage<T> = (
  cursor: string | undefined,
  signal: AbortSignal,
) => Promise<{ items: T[]; next_cursor?: string | null }>;

function useGrowing<T>(queryKey: string[], running: boolean, fetchPage: FetchPage<T>) {
  const queries = useQueryClient();
  return useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      grow(queries.getQueryData<Grown<T>>(queryKey), (cursor) => fetchPage(cursor, signal)),
    refetchInterval: running ? BUSY_MS : false,
    refetchIntervalInBackground: false,
    structuralSharing: false,
  });
}
