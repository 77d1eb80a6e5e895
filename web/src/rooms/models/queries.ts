/* What the pages of models ask the hub for. Keys begin with the topic "models". */
import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { useListing } from "@/api/listing";

export type ModelVersion = Schemas["ModelVersion"];

export function useModels(name?: string) {
  return useListing<ModelVersion>(["models", "list", name ?? ""], (cursor, signal) =>
    body(api.GET("/api/v1/models", { params: { query: { name, cursor, limit: 100 } }, signal })),
  );
}

export const modelQuery = (model: string) =>
  queryOptions({
    queryKey: ["models", model],
    queryFn: ({ signal }) => body(api.GET("/api/v1/models/{model}", { params: { path: { model } }, signal })),
  });

export const modelCardQuery = (model: string) =>
  queryOptions({
    queryKey: ["models", model, "card"],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/models/{model}/card", { params: { path: { model } }, signal })),
  });

export const lineageQuery = (model: string) =>
  queryOptions({
    queryKey: ["models", model, "lineage"],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/models/{model}/lineage", { params: { path: { model } }, signal })),
  });
