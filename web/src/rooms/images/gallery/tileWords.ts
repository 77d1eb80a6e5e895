/* The accessible name of a tile, in words; made once a grid, not once a tile. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { Tile } from "./useGallery";

export interface TileWords {
  name(tile: Tile, index: number): string;
  waiting(index: number): string;
  score(score: number): string;
  missing: string;
}

export function useTileWords(total: number): TileWords {
  const { t } = useTranslation("images");
  const format = useFormat();
  return useMemo(
    () => ({
      name: (tile, index) =>
        [
          t("tile.name", { place: format.integer(index + 1), total: format.integer(total), site: tile.site }),
          tile.decision && t(`ui:sign.${tile.decision}`),
          tile.score !== null && t("tile.score", { score: format.percent(tile.score) }),
          tile.has_truth && t("tile.truth"),
          tile.captured_at && format.dateTime(tile.captured_at),
        ]
          .filter(Boolean)
          .join(", "),
      waiting: (index) => t("tile.waiting", { place: format.integer(index + 1) }),
      score: (score) => format.percent(score),
      missing: t("tile.missing"),
    }),
    [t, format, total],
  );
}
