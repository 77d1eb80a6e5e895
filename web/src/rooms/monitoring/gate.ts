/* What the pages ask the hub about a station's quality gate. Keys begin with the topic "images". */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";

export type StationGate = Schemas["StationGate"];
export type GateWindow = Schemas["GateWindow"];
export type GatePower = Schemas["GatePower"];

type ReasonCount = Schemas["GateReasonCount"];

/** Return each reason once, with all its images, the most frequent first. */
export function sumReasons(reasons: ReasonCount[]): ReasonCount[] {
  const summed = new Map<string, ReasonCount>();
  for (const one of reasons) summed.set(one.code, { ...one, n: one.n + (summed.get(one.code)?.n ?? 0) });
  return [...summed.values()].toSorted((a, b) => b.n - a.n);
}

/** Return the faults of which equally many are refused together, those that are told worst first. */
export function groupPower(power: GatePower[]): [GatePower, ...GatePower[]][] {
  const groups = new Map<string, [GatePower, ...GatePower[]]>();
  for (const one of power.toSorted((a, b) => a.refused.value - b.refused.value)) {
    const key = `${one.refused.value} of ${one.n_images}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

export const gateQuery = (site: string, station: string) =>
  queryOptions({
    queryKey: ["images", "gate", site, station],
    meta: { topics: ["jobs"] },
    ...polling<StationGate>((gate) => gate?.state === "calibrating"),
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/sites/{site}/stations/{station}/gate", {
          params: { path: { site, station } },
          signal,
        }),
      ),
  });

export function useCalibration(site: string, station: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (asked: { reason: string; include_refused: boolean }) =>
      body(
        api.POST("/api/v1/sites/{site}/stations/{station}/gate", {
          params: { path: { site, station } },
          body: asked,
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["images", "gate", site, station] }),
  });
}
