/* Places as people call them: deployments know a site by its short name only. */
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { overviewQuery } from "@/rooms/sites/overview";
import { placeName } from "./queries";

export function usePlaceName(): (place: { site: string; station?: string | null }) => string {
  const { data } = useQuery(overviewQuery);
  return useCallback(
    ({ site, station }) => {
      const name = data?.find((one) => one.site.slug === site)?.site.name ?? site;
      return placeName({ site: name, station: station ?? null });
    },
    [data],
  );
}
