/* What the filters may be set to: sites, their stations, products, classes. */
import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";

const MANY = { params: { query: { limit: 1000 } } } as const;

export interface Choice {
  value: string;
  label: string;
}

const named = (items: { slug: string; name: string }[] | undefined): Choice[] =>
  (items ?? []).map(({ slug, name }) => ({ value: slug, label: name }));

export function useSites(): Choice[] {
  const { data } = useQuery({
    queryKey: ["sites", "choices"],
    staleTime: 60_000,
    queryFn: ({ signal }) => body(api.GET("/api/v1/sites", { ...MANY, signal })),
  });
  return named(data?.items);
}

export function useStations(site: string | undefined): Choice[] {
  const { data } = useQuery({
    queryKey: ["sites", "stations", site],
    staleTime: 60_000,
    enabled: Boolean(site),
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/sites/{site}/stations", {
          params: { path: { site: site ?? "" } },
          signal,
        }),
      ),
  });
  return named(data?.items);
}

export function useProducts(): Choice[] {
  const { data } = useQuery({
    queryKey: ["sites", "products"],
    staleTime: 60_000,
    queryFn: ({ signal }) => body(api.GET("/api/v1/products", { signal })),
  });
  return named(data?.items);
}

/** Return every class of every label schema, each once. */
export function useClasses(): string[] {
  const { data } = useQuery({
    queryKey: ["schemas", "choices"],
    staleTime: 60_000,
    queryFn: ({ signal }) => body(api.GET("/api/v1/label-schemas", { ...MANY, signal })),
  });
  return [...new Set((data?.items ?? []).flatMap(({ classes }) => classes ?? []))].sort((a, b) =>
    a.localeCompare(b),
  );
}
