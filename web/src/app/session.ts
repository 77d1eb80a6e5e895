/* Who is signed in, and what they may do. The hub decides; the app only hides what would be refused. */
import { queryOptions, useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, body, rememberCsrf, type Schemas } from "@/api/client";
import { ProblemError } from "@/api/problem";

export type Session = Schemas["Session"];

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 60_000,
  retry: false,
  queryFn: async ({ signal }) => {
    const session = await body(api.GET("/api/v1/session", { signal }));
    rememberCsrf(session.csrf);
    return session;
  },
});

export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Say whether the person may do `permission`; false until the session is known. */
export function useMay(permission: string): boolean {
  return useQuery(sessionQuery).data?.permissions.includes(permission) ?? false;
}

/** Sign out; the door opens only when the session is really over. */
export function useSignOut() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () =>
      api.DELETE("/api/v1/session").catch((error: unknown) => {
        if (!(error instanceof ProblemError) || error.problem.status !== 401) throw error;
      }),
    onSuccess: async () => {
      rememberCsrf("");
      queries.clear();
      await navigate({ to: "/sign-in" });
    },
  });
}
