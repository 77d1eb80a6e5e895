/* Parts of the address: path parameters and search values, as plain strings. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export function useParam(name: string): string {
  return (useParams({ strict: false }) as Record<string, string>)[name] ?? "";
}

export type SearchValues = Record<string, string | undefined>;

/** Return the search values and a way to change some; empty values leave the address. */
export function useSearchValues(): [SearchValues, (change: SearchValues) => void] {
  const values = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const change = useCallback(
    (changes: SearchValues) =>
      void navigate({
        to: ".",
        replace: true,
        search: (before: Record<string, unknown>) => {
          const merged = Object.entries({ ...before, ...changes });
          return Object.fromEntries(merged.filter(([, value]) => value !== undefined && value !== ""));
        },
      } as never),
    [navigate],
  );
  const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
  return [texts, change];
}
