/* One image of the gallery: its small picture and, in sign and word, what is known of it. Light, for hundreds of
   them come and go while a person scrolls. */
import { IconCircleCheck, IconCircleX, IconHelpCircle, IconRubberStamp } from "@tabler/icons-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import classes from "./ImageGrid.module.css";
import type { Tile } from "./useGallery";

const SIGNS = { pass: IconCircleCheck, fail: IconCircleX, unsure: IconHelpCircle } as const;

interface Props {
  tile: Tile | undefined;
  index: number;
  total: number;
  column: number;
  href: string;
  active: boolean;
  /** The page flies past: don't ask for pictures that nobody will see. */
  flying: boolean;
}

export const ImageTile = memo(function ImageTile(props: Props) {
  const { tile, index, total, column, href, active, flying } = props;
  const { t } = useTranslation("images");
  const format = useFormat();
  const [wanted, setWanted] = useState(!flying);
  const [failed, setFailed] = useState(false);
  if (!flying && !wanted) setWanted(true);
  const cell = {
    id: `tile-${index}`,
    role: "gridcell",
    "aria-colindex": column + 1,
    "aria-selected": active,
    "data-active": active || undefined,
    className: classes.tile,
  };
  if (!tile) {
    return (
      <div {...cell} aria-label={t("tile.waiting", { place: format.integer(index + 1) })}>
        <div className={classes.picture} />
      </div>
    );
  }
  const Sign = tile.decision ? SIGNS[tile.decision] : null;
  const name = [
    t("tile.name", { place: format.integer(index + 1), total: format.integer(total), site: tile.site }),
    tile.decision && t(`ui:sign.${tile.decision}`),
    tile.score !== null && t("tile.score", { score: format.percent(tile.score) }),
    tile.has_truth && t("tile.truth"),
    tile.captured_at && format.dateTime(tile.captured_at),
  ];
  return (
    <div {...cell}>
      <a href={href} tabIndex={-1} aria-label={name.filter(Boolean).join(", ")} className={classes.link}>
        <span className={classes.picture}>
          {wanted && !failed && (
            <img
              ref={fetchWhileThere}
              data-address={`/api/v1/images/${tile.id}/thumbnail?size=256`}
              alt=""
              decoding="async"
              draggable={false}
              onError={() => setFailed(true)}
            />
          )}
          {failed && <span className={classes.missing}>{t("tile.missing")}</span>}
        </span>
        <span className={classes.caption} aria-hidden>
          {Sign && <Sign size={16} data-sign={tile.decision} />}
          {tile.score !== null && <span className="tabular">{format.percent(tile.score)}</span>}
          <span className={classes.site}>{tile.site}</span>
          {tile.has_truth && <IconRubberStamp size={16} />}
        </span>
      </a>
    </div>
  );
});

/** A picture that leaves before it came is not fetched further: the next ones need the line. */
function fetchWhileThere(picture: HTMLImageElement | null) {
  if (!picture) return;
  picture.src = picture.dataset.address ?? "";
  return () => {
    if (!picture.complete) picture.removeAttribute("src");
  };
}
