/* What the pages of datasets ask the hub for. Keys begin with the topic "datasets". */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { useListing } from "@/api/listing";

export type Dataset = Schemas["Dataset"];
export type DatasetVersion = Schemas["DatasetVersion"];
export type DatasetCard = Schemas["DatasetCard"];
export type DatasetItem = Schemas["DatasetItem"];
export type Split = DatasetItem["split"];
export type SplitRule = Schemas["SplitRule"];
export type AcceptanceRule = Schemas["AcceptanceRule"];
export const SPLITS: Split[] = ["train", "val", "test"];

export function useDatasets() {
  return useListing<Dataset>(["datasets", "list"], (cursor, signal) =>
    body(api.GET("/api/v1/datasets", { params: { query: { cursor, limit: 100 } }, signal })),
  );
}

export const datasetQuery = (dataset: string) =>
  queryOptions({
    queryKey: ["datasets", dataset],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/datasets/{dataset}", { params: { path: { dataset } }, signal })),
  });

export function useVersions(dataset: string, enabled = true) {
  return useListing<DatasetVersion>(
    ["datasets", dataset, "versions"],
    (cursor, signal) =>
      body(
        api.GET("/api/v1/datasets/{dataset}/versions", {
          params: { path: { dataset }, query: { cursor, limit: 100 } },
          signal,
        }),
      ),
    { enabled },
  );
}

export const versionQuery = (version: string) =>
  queryOptions({
    queryKey: ["datasets", "version", version],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/dataset-versions/{version}", { params: { path: { version } }, signal })),
  });

export const cardQuery = (version: string) =>
  queryOptions({
    queryKey: ["datasets", "version", version, "card"],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/dataset-versions/{version}/card", { params: { path: { version } }, signal })),
  });

export const diffQuery = (version: string, other: string) =>
  queryOptions({
    queryKey: ["datasets", "version", version, "diff", other],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/dataset-versions/{version}/diff/{other}", {
          params: { path: { version, other } },
          signal,
        }),
      ),
  });

export function useItems(version: string, split: Split | undefined, site: string | undefined) {
  return useListing<DatasetItem>(["datasets", "version", version, "items", split, site], (cursor, signal) =>
    body(
      api.GET("/api/v1/dataset-versions/{version}/items", {
        params: { path: { version }, query: { split, site, cursor, limit: 60 } },
        signal,
      }),
    ),
  );
}

export function useOpenings(version: string) {
  return useListing<Schemas["SealedOpening"]>(
    ["datasets", "version", version, "openings"],
    (cursor, signal) =>
      body(
        api.GET("/api/v1/dataset-versions/{version}/openings", {
          params: { path: { version }, query: { cursor } },
          signal,
        }),
      ),
  );
}
