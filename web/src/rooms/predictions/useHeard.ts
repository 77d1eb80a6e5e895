/* Whether the hub answers: it does not while a question fails, nor after the stream broke until the next answer. */
import type { UseQueryResult } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { LiveState } from "@/app/live";

export function useHeard(state: LiveState, query: UseQueryResult): boolean {
  const [lostAt, setLostAt] = useState(0);
  useEffect(() => {
    if (state === "lost") setLostAt(Date.now());
  }, [state]);
  if (query.isError || query.failureCount > 0) return false;
  return state !== "lost" || query.dataUpdatedAt > lostAt;
}
