/* Whether the hub answers: it does not while a question fails, nor after the stream broke until the next answer. */
import { useEffect, useState } from "react";
import type { LiveState } from "@/app/live";

interface Asked {
  isError: boolean;
  failureCount: number;
  dataUpdatedAt: number;
}

export function useHeard(state: LiveState, query: Asked): boolean {
  const [lostAt, setLostAt] = useState(0);
  useEffect(() => {
    if (state === "lost") setLostAt(Date.now());
  }, [state]);
  if (query.isError || query.failureCount > 0) return false;
  return state !== "lost" || query.dataUpdatedAt > lostAt;
}
