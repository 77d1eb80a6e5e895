/* All found images in one scrolling grid: only the rows in sight exist. Owns scrolling, focus and keys. */
import { VisuallyHidden } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "@/ui/ProblemAlert";
import type { ImageQuery } from "./filters";
import { GAP_PX, layoutOf, moveBy, pagesOf, type TileSize } from "./geometry";
import classes from "./ImageGrid.module.css";
import { useFlight } from "./flight";
import { ImageRow } from "./ImageRow";
import { useTileWords } from "./tileWords";
import { EVERY, useTiles } from "./useGallery";

interface Props {
  query: ImageQuery;
  cursors: readonly (string | null)[];
  total: number;
  taken: number;
  size: TileSize;
  /** The tile that has the focus at first: where the person came back from. */
  start: number;
  hrefOf: (id: string, index: number) => string;
  onOpen: (id: string, index: number) => void;
}

export function ImageGrid({ query, cursors, total, taken, size, start, hrefOf, onOpen }: Props) {
  const { t } = useTranslation("images");
  const frame = useRef<HTMLDivElement>(null);
  const { ref: measure, width } = useElementSize();
  const layout = useMemo(() => layoutOf(width, size), [width, size]);
  const [chosen, setActive] = useState(start);
  const active = Math.max(0, Math.min(chosen, total - 1));
  const [flight, flying] = useFlight(frame);
  const words = useTileWords(total);
  const rows = Math.ceil(total / layout.columns);
  const virtual = useVirtualizer({
    count: width ? rows : 0,
    getScrollElement: () => frame.current,
    estimateSize: () => layout.rowHeight,
    overscan: 2,
    useFlushSync: false,
  });
  const items = virtual.getVirtualItems();
  const first = (items[0]?.index ?? 0) * layout.columns;
  const last = Math.min(total, ((items.at(-1)?.index ?? 0) + 1) * layout.columns) - 1;
  const pages = useSteady(pagesOf(first, last, EVERY), flying);
  const { tileAt, error, retry } = useTiles(query, cursors, taken, pages);

  const activeRow = Math.floor(active / layout.columns);
  const inSight = items.some(({ index }) => index === activeRow);
  const anchor = useRef(activeRow);
  anchor.current = activeRow;
  useEffect(() => {
    virtual.measure();
    if (anchor.current > 0) virtual.scrollToIndex(anchor.current, { align: "center" });
  }, [virtual, layout, taken]);

  const move = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tile = tileAt(active);
    if (event.key === "Enter" && tile) return onOpen(tile.id, active);
    const rowsInSight = Math.floor((frame.current?.clientHeight ?? 0) / layout.rowHeight);
    const to = moveBy(event.key, active, { columns: layout.columns, rowsInSight, total });
    if (to === null) return;
    event.preventDefault();
    setActive(to);
    virtual.scrollToIndex(Math.floor(to / layout.columns));
  };
  const open = (event: MouseEvent) => {
    const cell = (event.target as Element).closest("[role=gridcell]");
    const index = Number(cell?.id.slice("tile-".length));
    const tile = cell ? tileAt(index) : undefined;
    if (!tile || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setActive(index);
    onOpen(tile.id, index);
  };

  return (
    <>
      {error !== null && <ProblemAlert error={error} retry={retry} />}
      <div
        ref={frame}
        className={classes.frame}
        role="grid"
        aria-label={t("grid.name")}
        aria-describedby="grid-keys"
        aria-rowcount={rows}
        aria-colcount={layout.columns}
        aria-activedescendant={inSight ? `tile-${active}` : undefined}
        tabIndex={0}
        onKeyDown={move}
        onClick={open}
      >
        <div
          ref={measure}
          role="presentation"
          className={classes.field}
          style={{ height: Math.max(0, virtual.getTotalSize() - GAP_PX) }}
        >
          {items.map((row) => (
            <ImageRow
              key={row.key}
              index={row.index}
              start={row.start}
              layout={layout}
              total={total}
              active={row.index === activeRow ? active % layout.columns : -1}
              tileAt={tileAt}
              hrefOf={hrefOf}
              words={words}
              flight={flight}
            />
          ))}
        </div>
      </div>
      <VisuallyHidden id="grid-keys">{t("grid.keys")}</VisuallyHidden>
    </>
  );
}

/** Return the pages in sight; while the page flies past, those of before. */
function useSteady(pages: number[], flying: boolean): number[] {
  const kept = useRef(pages);
  if (!flying && kept.current.join() !== pages.join()) kept.current = pages;
  return kept.current;
}
