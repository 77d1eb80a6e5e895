/* Imports as the hub knows them, and what may be done with one. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";

export type Import = Schemas["Import"];
export type ImportNew = Schemas["ImportNew"];
export type Check = Schemas["ImportCheck"];
export type Mapping = Schemas["ImportMapping"];
export type Issue = Schemas["ImportIssue"];

const atWork = (one: Import | undefined) => one !== undefined && ["checking", "running"].includes(one.state);
const of = (id: string) => ({ params: { path: { import_id: id } } });

export function useImport(id: string) {
  return useQuery({
    queryKey: ["imports", "one", id],
    queryFn: ({ signal }) => body(api.GET("/api/v1/imports/{import_id}", { ...of(id), signal })),
    ...polling<Import>(atWork),
  });
}

export function useImports() {
  return useInfiniteQuery({
    queryKey: ["imports", "list"],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET("/api/v1/imports", {
          params: { query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    ...polling<{ pages: { items: Import[] }[] }>((data) =>
      Boolean(data?.pages.some((page) => page.items.some(atWork))),
    ),
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

export function useCreateImport() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (asked: ImportNew) => body(api.POST("/api/v1/imports", { body: asked })),
    onSuccess: (made) => {
      queries.setQueryData(["imports", "one", made.id], made);
      void queries.invalidateQueries({ queryKey: ["imports", "list"] });
    },
  });
}

/** Dry run, run, cancel: each answers with the import as it stands then. */
export function useImportAct(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ act, mapping }: { act: "check" | "run" | "cancel"; mapping?: Mapping }) => {
      const asked = { ...of(id), body: { mapping: mapping ?? null } };
      if (act === "check") return body(api.POST("/api/v1/imports/{import_id}/check", asked));
      if (act === "run") return body(api.POST("/api/v1/imports/{import_id}/run", asked));
      return body(api.POST("/api/v1/imports/{import_id}/cancel", of(id)));
    },
    onSuccess: (now) => {
      queries.setQueryData(["imports", "one", id], now);
      void queries.invalidateQueries({ queryKey: ["imports", "list"] });
    },
  });
}
