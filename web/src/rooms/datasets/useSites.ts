/* The sites of the organisation, for choosing among them. */
import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";

export interface SiteChoice {
  value: string;
  label: string;
}

export function useSites(): SiteChoice[] {
  const sites = useQuery({
    queryKey: ["sites", "choices"],
    staleTime: 60_000,
    queryFn: ({ signal }) => body(api.GET("/api/v1/sites", { params: { query: { limit: 200 } }, signal })),
  }).data;
  return (sites?.items ?? []).map((site) => ({ value: site.slug, label: site.name }));
}
