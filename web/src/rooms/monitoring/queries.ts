/* What the pages of watching ask the hub for. Keys begin with the topic "monitoring". */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { useListing } from "@/api/listing";
import { polling } from "@/api/polling";

export type SiteWatch = Schemas["SiteWatch"];
export type WatchContext = Schemas["WatchContext"];
export type ContextHistory = Schemas["ContextHistory"];
export type SignalSeries = Schemas["SignalSeries"];
export type SignalPoint = Schemas["SignalPoint"];
export type TimeMark = Schemas["TimeMark"];
export type WatchState = SiteWatch["state"];
export type IncidentSummary = Schemas["IncidentSummary"];
export type Incident = Schemas["Incident"];
export type IncidentState = IncidentSummary["state"];
export type Finding = Schemas["CauseFinding"];
export type Alarm = Schemas["Alarm"];
export type Effect = Schemas["ChannelEffect"];
export type Probe = Schemas["ProbeResult"];
export type Promised = Schemas["Promise"];
export type Reference = Schemas["ReferenceState"];
export type ImageWatch = Schemas["ImageWatch"];

export const INCIDENT_STATES: IncidentState[] = ["open", "acknowledged", "closed"];
const DAY_MS = 86_400_000;
const MOST_COUNTED = 100;

export const watchedSitesQuery = queryOptions({
  queryKey: ["monitoring", "sites"],
  ...polling(),
  queryFn: async ({ signal }) => (await body(api.GET("/api/v1/monitoring/sites", { signal }))).items,
});

export const contextsQuery = (site: string) =>
  queryOptions({
    queryKey: ["monitoring", "contexts", site],
    ...polling(),
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/monitoring", { params: { path: { site } }, signal }))).items,
  });

export const historyQuery = (context: string, days: number) =>
  queryOptions({
    queryKey: ["monitoring", "history", context, days],
    ...polling(),
    queryFn: async ({ signal }) =>
      (await body(
        api.GET("/api/v1/monitoring/contexts/{context}/history", {
          params: {
            path: { context },
            query: { since: new Date(Date.now() - days * DAY_MS).toISOString() },
          },
          signal,
        }),
      )) as ContextHistory,
  });

const isWaiting = (references: Reference[] | undefined) =>
  references?.some(({ state }) => state === "asked") ?? false;

export const referencesQuery = (context: string) =>
  queryOptions({
    queryKey: ["monitoring", "references", context],
    ...polling<Reference[]>(isWaiting),
    queryFn: async ({ signal }) =>
      (
        await body(
          api.GET("/api/v1/monitoring/contexts/{context}/references", {
            params: { path: { context } },
            signal,
          }),
        )
      ).items,
  });

export function useIncidents(state: IncidentState, site: string, enabled: boolean) {
  return useListing<IncidentSummary>(
    ["monitoring", "incidents", state, site],
    (cursor, signal) =>
      body(
        api.GET("/api/v1/incidents", {
          params: { query: { state, limit: 25, ...(site ? { site } : {}), ...(cursor ? { cursor } : {}) } },
          signal,
        }),
      ),
    { enabled },
  );
}

/** How many incidents are open, told up to a hundred. */
export const openIncidentsQuery = queryOptions({
  queryKey: ["monitoring", "incidents", "counted"],
  ...polling(),
  queryFn: async ({ signal }) =>
    (
      await body(
        api.GET("/api/v1/incidents", { params: { query: { state: "open", limit: MOST_COUNTED } }, signal }),
      )
    ).items.length,
});

const isProbing = (incident: Incident | undefined) =>
  incident?.probes.some(({ state }) => state === "asked" || state === "running") ?? false;

export const incidentQuery = (id: string) =>
  queryOptions({
    queryKey: ["monitoring", "incident", id],
    ...polling<Incident>((incident) => isProbing(incident) || incident?.finding === null),
    queryFn: async ({ signal }) =>
      (await body(
        api.GET("/api/v1/incidents/{incident}", { params: { path: { incident: id } }, signal }),
      )) as Incident,
  });

export const imageWatchQuery = (image: string) =>
  queryOptions({
    queryKey: ["images", "watch", image],
    meta: { topics: ["monitoring"] },
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/images/{image}/watch", { params: { path: { image } }, signal })),
  });

export type IncidentDone =
  | { act: "acknowledge" | "reopen"; note: string }
  | { act: "assign"; assignee: string; note: string }
  | { act: "close"; reason: string; confirmed_cause: string | null };

/** Do something with an incident; every list of incidents is asked for again. */
export function useIncidentAct(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (done: IncidentDone): Promise<unknown> => {
      const params = { path: { incident: id } };
      if (done.act === "close") {
        const { reason, confirmed_cause } = done;
        return body(
          api.POST("/api/v1/incidents/{incident}/close", { params, body: { reason, confirmed_cause } }),
        );
      }
      if (done.act === "assign") {
        const { assignee, note } = done;
        return body(api.POST("/api/v1/incidents/{incident}/assign", { params, body: { assignee, note } }));
      }
      const { note } = done;
      return done.act === "reopen"
        ? body(api.POST("/api/v1/incidents/{incident}/reopen", { params, body: { note } }))
        : body(api.POST("/api/v1/incidents/{incident}/acknowledge", { params, body: { note } }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["monitoring"] }),
  });
}

export function useProbe(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (kind: Probe["kind"]) =>
      body(
        api.POST("/api/v1/incidents/{incident}/probes/{kind}", { params: { path: { incident: id, kind } } }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["monitoring"] }),
  });
}

export function useReReference(context: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (asked: { since: string | null; until: string | null; reason: string }) =>
      body(
        api.POST("/api/v1/monitoring/contexts/{context}/reference", {
          params: { path: { context } },
          body: asked,
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["monitoring"] }),
  });
}
