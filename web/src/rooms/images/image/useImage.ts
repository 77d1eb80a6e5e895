/* Everything that is known of one image. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Image = Schemas["Image"];
export type Truth = Schemas["Truth"];
export type Prediction = Schemas["ImagePrediction"];

const of = (image: string) => ({ params: { path: { image } } });

export const imageQuery = (image: string) =>
  queryOptions({
    queryKey: ["images", "one", image],
    queryFn: ({ signal }) => body(api.GET("/api/v1/images/{image}", { ...of(image), signal })),
  });

export function useTruths(image: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: ["truth", "of image", image],
    queryFn: ({ signal }) => body(api.GET("/api/v1/images/{image}/ground-truth", { ...of(image), signal })),
  });
}

export function usePredictions(image: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: ["predictions", "of image", image],
    queryFn: ({ signal }) => body(api.GET("/api/v1/images/{image}/predictions", { ...of(image), signal })),
  });
}

export function useLineage(image: string) {
  return useQuery({
    queryKey: ["datasets", "with image", image],
    queryFn: ({ signal }) => body(api.GET("/api/v1/images/{image}/lineage", { ...of(image), signal })),
  });
}

export const sensitivityQuery = (image: string, model: string) =>
  queryOptions({
    queryKey: ["performance", "sensitivity", image, model],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/images/{image}/sensitivity", {
          params: { path: { image }, query: { model } },
          signal,
        }),
      ),
  });

export const alikeQuery = (image: string, model: string) =>
  queryOptions({
    queryKey: ["predictions", "alike", image, model],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/images/{image}/neighbours", {
          params: { path: { image }, query: { model } },
          signal,
        }),
      ),
  });
