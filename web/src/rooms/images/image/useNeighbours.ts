/* The images before and after this one, as the gallery's filters find them. */
import { useMemo } from "react";
import { type Filters } from "../gallery/filters";
import { pagesOf } from "../gallery/geometry";
import { EVERY, useLandmarks, useTiles } from "../gallery/useGallery";

export interface Neighbour {
  id: string;
  at: number;
}
export interface Neighbours {
  previous: Neighbour | null;
  next: Neighbour | null;
  /** The place of this image, from 0; null when it came from elsewhere. */
  at: number | null;
  total: number;
}

export function useNeighbours(image: string, filters: Filters, given: number | null): Neighbours {
  const { query, landmarks } = useLandmarks(filters, given !== null);
  const total = landmarks.data?.total ?? 0;
  const pages = given === null ? [] : pagesOf(given - 1, given + 1, EVERY);
  const { tileAt } = useTiles(query, landmarks.data?.cursors ?? [], landmarks.dataUpdatedAt, pages);
  return useMemo(() => {
    const near = given === null ? [] : [0, ...steps()].map((step) => given + step);
    const at = near.find((place) => place >= 0 && tileAt(place)?.id === image) ?? null;
    const neighbour = (place: number): Neighbour | null => {
      const tile = tileAt(place);
      return tile ? { id: tile.id, at: place } : null;
    };
    return {
      at,
      total,
      previous: at === null ? null : neighbour(at - 1),
      next: at === null ? null : neighbour(at + 1),
    };
  }, [given, image, tileAt, total]);
}

/** 1, -1, 2, -2 …: newer images may have pushed this one a little further. */
function steps(): number[] {
  return Array.from({ length: EVERY }, (_, index) => Math.ceil((index + 1) / 2) * (index % 2 ? -1 : 1));
}
