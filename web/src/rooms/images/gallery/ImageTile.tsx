/* One image of the gallery: its small picture and, in sign and word, what is known of it. Light, for hundreds of
   them come and go while a person scrolls. */
import { IconCircleCheck, IconCircleX, IconHelpCircle, IconRubberStamp } from "@tabler/icons-react";
import { memo, useState } from "react";
import { type Flight, useCalm } from "./flight";
import classes from "./ImageGrid.module.css";
import type { TileWords } from "./tileWords";
import type { Tile } from "./useGallery";

const SIGNS = { pass: IconCircleCheck, fail: IconCircleX, unsure: IconHelpCircle } as const;

interface Props {
  tile: Tile | undefined;
  index: number;
  column: number;
  active: boolean;
  hrefOf: (id: string, index: number) => string;
  words: TileWords;
  flight: Flight;
}

export const ImageTile = memo(function ImageTile(props: Props) {
  const { tile, index, column, active, hrefOf, words, flight } = props;
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
      <div {...cell} aria-label={words.waiting(index)}>
        <div className={classes.picture} />
      </div>
    );
  }
  const Sign = tile.decision ? SIGNS[tile.decision] : null;
  return (
    <div {...cell}>
      <a href={hrefOf(tile.id, index)} tabIndex={-1} className={classes.link}>
        <span className={classes.told}>{words.name(tile, index)}</span>
        <TilePicture id={tile.id} missing={words.missing} flight={flight} />
        <span className={classes.caption} aria-hidden>
          {Sign && <Sign size={16} data-sign={tile.decision} />}
          {tile.score !== null && <span className="tabular">{words.score(tile.score)}</span>}
          <span className={classes.site}>{tile.site}</span>
          {tile.has_truth && <IconRubberStamp size={16} />}
        </span>
      </a>
    </div>
  );
});

/** While the page flies past, pictures that nobody will see are not asked for. */
function TilePicture({ id, missing, flight }: { id: string; missing: string; flight: Flight }) {
  const wanted = useCalm(flight);
  const [failed, setFailed] = useState(false);
  return (
    <span className={classes.picture}>
      {wanted && !failed && (
        <img
          ref={fetchWhileThere}
          data-address={`/api/v1/images/${id}/thumbnail?size=256`}
          alt=""
          decoding="async"
          draggable={false}
          onError={() => setFailed(true)}
        />
      )}
      {failed && <span className={classes.missing}>{missing}</span>}
    </span>
  );
}

/** A picture that leaves before it came is not fetched further: the next ones need the line. */
function fetchWhileThere(picture: HTMLImageElement | null) {
  if (!picture) return;
  picture.src = picture.dataset.address ?? "";
  return () => {
    if (!picture.complete) picture.removeAttribute("src");
  };
}
