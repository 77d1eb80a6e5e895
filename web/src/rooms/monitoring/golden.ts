/* What the pages ask the hub about golden parts. Keys begin with the topic "monitoring". */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type GoldenPart = Schemas["GoldenPart"];
export type Pictured = Pick<Schemas["Image"], "id" | "part_id">;

const MOST_LOOKED_AT = 60;

export const goldenPartsQuery = (site: string) =>
  queryOptions({
    queryKey: ["monitoring", "golden", site],
    meta: { topics: ["images"] },
    queryFn: async ({ signal }) =>
      (await body(api.GET("/api/v1/sites/{site}/golden-parts", { params: { path: { site } }, signal })))
        .items,
  });

/** The newest pictures of a station, those that tell their part. */
export const partPicturesQuery = (site: string, station: string) =>
  queryOptions({
    queryKey: ["images", "parts", site, station],
    queryFn: async ({ signal }) =>
      (
        await body(
          api.GET("/api/v1/images", {
            params: { query: { site, station, kind: "capture", limit: MOST_LOOKED_AT } },
            signal,
          }),
        )
      ).items,
  });

/** Return the newest picture of each part, newest first; at most `most`. */
export function onePerPart(images: Pictured[], most: number): Pictured[] {
  const seen = new Map<string, Pictured>();
  for (const image of images) if (image.part_id && !seen.has(image.part_id)) seen.set(image.part_id, image);
  return [...seen.values()].slice(0, most);
}

export function useGoldenPart(site: string, station: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (part: { part_id: string; name: string } | null): Promise<unknown> => {
      const params = { path: { site, station } };
      const address = "/api/v1/sites/{site}/stations/{station}/golden-part";
      return part ? body(api.PUT(address, { params, body: part })) : body(api.DELETE(address, { params }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["monitoring"] }),
  });
}
