/* What a station said last: one question to the hub, asked again as soon as the stream tells of predictions. */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { ProblemError } from "@/api/problem";
import { BUSY_MS, QUIET_MS } from "@/api/polling";

export type StationLive = Schemas["StationLive"];
export type LiveInspection = Schemas["LiveInspection"];
export type LiveDecision = Schemas["LiveDecision"];
export type Decision = LiveDecision["decision"];

/** The hub answered, and said no: asking again soon would not change that. */
export const isRefusal = (error: unknown) => error instanceof ProblemError && error.problem.status < 500;

/** `streaming`: the event stream is heard, so that asking now and then is enough. */
export const stationLiveQuery = (site: string, station: string, streaming: boolean) =>
  queryOptions({
    queryKey: ["predictions", "live", site, station],
    meta: { topics: ["deployments"] },
    staleTime: 0,
    retry: false,
    refetchInterval: ({ state }: { state: { error: unknown } }) =>
      streaming && (state.error === null || isRefusal(state.error)) ? QUIET_MS : BUSY_MS,
    refetchIntervalInBackground: false,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/sites/{site}/stations/{station}/live", {
          params: { path: { site, station } },
          signal,
        }),
      ),
  });
