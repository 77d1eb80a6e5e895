/* What answers where, what did before, and which versions could. */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { useListing } from "@/api/listing";
import { polling } from "@/api/polling";

export type Deployment = Schemas["Deployment"];
export type ModelVersion = Schemas["ModelVersion"];
export type DeploymentState = Deployment["state"];
const PAGE = 100;
const HISTORY_PAGE = 20;

/** Every page of a listing, one after the other: for lists that are small in life. */
async function wholeListing<T>(
  ask: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return items;
}

export const activeDeploymentsQuery = queryOptions({
  queryKey: ["deployments", "active"],
  ...polling(),
  queryFn: ({ signal }) =>
    wholeListing((cursor) =>
      body(
        api.GET("/api/v1/deployments", {
          params: { query: { state: "active", limit: PAGE, ...(cursor ? { cursor } : {}) } },
          signal,
        }),
      ),
    ),
});

/** The history of one site ("" for all), newest first, page by page. */
export function useDeploymentHistory(site: string, state?: DeploymentState) {
  return useListing<Deployment>(["deployments", "history", site, state ?? "any"], (cursor, signal) => {
    const query = {
      limit: HISTORY_PAGE,
      ...(cursor ? { cursor } : {}),
      ...(site ? { site } : {}),
      ...(state ? { state } : {}),
    };
    return body(api.GET("/api/v1/deployments", { params: { query }, signal }));
  });
}

export const deploymentQuery = (id: string | null | undefined) =>
  queryOptions({
    queryKey: ["deployments", "one", id],
    enabled: Boolean(id),
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/deployments/{deployment_id}", {
          params: { path: { deployment_id: String(id) } },
          signal,
        }),
      ),
  });

export const deployableModelsQuery = queryOptions({
  queryKey: ["models", "deployable"],
  staleTime: 30_000,
  queryFn: async ({ signal }) => {
    const models = await wholeListing((cursor) =>
      body(
        api.GET("/api/v1/models", {
          params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } },
          signal,
        }),
      ),
    );
    return models.filter(({ state }) => state === "ready");
  },
});

export const stationsQuery = (site: string) =>
  queryOptions({
    queryKey: ["sites", site, "stations"],
    enabled: site !== "",
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/stations", { params: { path: { site } }, signal }))).items,
  });

/** A version as people write it. */
export const versionName = (name: string, number: number) => `${name}:${number}`;

/** "Lyon" or "Lyon / s1". */
export const placeName = ({ site, station }: { site: string; station?: string | null }) =>
  station ? `${site} / ${station}` : site;
