/* Names of the sites, for lists of people. */
import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";

export function useSites(): Map<string, string> {
  const { data } = useQuery({
    queryKey: ["sites", "names"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/sites", { params: { query: { limit: 1000 } }, signal })),
    staleTime: 60_000,
  });
  return new Map(data?.items.map((site) => [site.id, site.name]));
}
