/* The app's memory of what the hub said. Owns when it is asked again after a failure, and noticing that the session
   has ended or was renewed by another tab; refuses to know where the door is. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ProblemError } from "@/api/problem";
import { sessionQuery } from "./session";

/** Return the memory; `leave` is called when nobody is signed in any more. */
export function makeQueries(leave: () => void): QueryClient {
  const askWhoIsThere = () => {
    if (!queries.getQueryData(sessionQuery.queryKey)) return;
    queries.fetchQuery({ ...sessionQuery, staleTime: 0 }).catch(() => undefined);
  };
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, { queryKey, state }) => {
        if (!isRefusal(error, 401)) return;
        if (queryKey[0] !== sessionQuery.queryKey[0]) askWhoIsThere();
        else if (state.data !== undefined) leave();
      },
    }),
    mutationCache: new MutationCache({
      onError: (error) => {
        // Another tab that signs in gets a new cookie: this one's CSRF word is old, and the next try has the new one.
        if (isRefusal(error, 401) || isRefusal(error, 403, "csrf")) askWhoIsThere();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: true,
        networkMode: "always",
        retry: (failures, error) =>
          failures < 2 && !(error instanceof ProblemError && error.problem.status < 500),
      },
      mutations: { networkMode: "always" },
    },
  });
  return queries;
}

function isRefusal(error: unknown, status: number, code?: string): boolean {
  if (!(error instanceof ProblemError) || error.problem.status !== status) return false;
  return code === undefined || error.problem.code === code;
}
