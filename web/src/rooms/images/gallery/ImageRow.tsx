/* One row of the gallery; drawn again only when something of it changed. */
import { memo } from "react";
import type { Flight } from "./flight";
import { GAP_PX, type Layout } from "./geometry";
import classes from "./ImageGrid.module.css";
import { ImageTile } from "./ImageTile";
import type { TileWords } from "./tileWords";
import type { TileAt } from "./useGallery";

interface Props {
  index: number;
  start: number;
  layout: Layout;
  total: number;
  /** The column of the active tile, -1 when it is in another row. */
  active: number;
  tileAt: TileAt;
  hrefOf: (id: string, index: number) => string;
  words: TileWords;
  flight: Flight;
}

export const ImageRow = memo(function ImageRow(props: Props) {
  const { index, start, layout, total, active, tileAt, hrefOf, words, flight } = props;
  const first = index * layout.columns;
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      className={classes.row}
      style={{
        transform: `translateY(${start}px)`,
        height: layout.rowHeight - GAP_PX,
        gridTemplateColumns: `repeat(${layout.columns}, ${layout.side}px)`,
      }}
    >
      {Array.from({ length: Math.min(layout.columns, total - first) }, (_, column) => {
        const tile = tileAt(first + column);
        return (
          <ImageTile
            key={tile?.id ?? column}
            tile={tile}
            index={first + column}
            column={column}
            active={column === active}
            hrefOf={hrefOf}
            words={words}
            flight={flight}
          />
        );
      })}
    </div>
  );
});
