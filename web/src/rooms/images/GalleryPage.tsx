/* Every image that a person may see, found by where, when, what and how sure; in its address, so that it can be
   sent to a colleague. */
import { Button, SegmentedControl } from "@mantine/core";
import { IconPhotoPlus, IconRefresh } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { FilterBar } from "./gallery/FilterBar";
import { addressOf, FILTERS, type Filters, filtersOf, searchOf } from "./gallery/filters";
import { GalleryEmpty } from "./gallery/GalleryEmpty";
import { SIZES, type TileSize } from "./gallery/geometry";
import { ImageGrid } from "./gallery/ImageGrid";
import { useLandmarks, useNewer } from "./gallery/useGallery";
import classes from "./GalleryPage.module.css";

export function GalleryPage() {
  const { t } = useTranslation("images");
  const format = useFormat();
  const navigate = useNavigate();
  const router = useRouter();
  const queries = useQueryClient();
  const mayImport = useMay("images:write");
  const [values, change] = useSearchValues();
  const key = JSON.stringify(filtersOf(values));
  const filters = useMemo(() => JSON.parse(key) as Filters, [key]);
  const size: TileSize = values.size && values.size in SIZES ? (values.size as TileSize) : "M";
  const { query, landmarks } = useLandmarks(filters);
  const newer = useNewer(query, landmarks.data?.total);

  const refine = (asked: Filters) => change({ ...asked, at: undefined });
  const hrefOf = useCallback((id: string, at: number) => addressOf(`/images/${id}`, filters, at), [filters]);
  const open = async (id: string, at: number) => {
    await navigate({ to: ".", replace: true, search: { ...values, at } } as never);
    await router.navigate({
      to: "/images/$image",
      params: { image: id },
      search: searchOf(filters, at),
    } as never);
  };
  const total = landmarks.data?.total ?? 0;
  return (
    <div className={classes.page}>
      <PageHeader
        title={t("gallery.title")}
        about={
          <span role="status">
            {landmarks.data && t("gallery.count", { count: total, number: format.integer(total) })}
          </span>
        }
      >
        {newer !== 0 && (
          <Button
            variant="light"
            leftSection={<IconRefresh size={20} aria-hidden />}
            onClick={() => void queries.resetQueries({ queryKey: ["gallery"] })}
          >
            {newer > 0
              ? t("gallery.newer", { count: newer, number: format.integer(newer) })
              : t("gallery.changed")}
          </Button>
        )}
        <SegmentedControl
          aria-label={t("gallery.size.name")}
          data={(["S", "M", "L"] as const).map((value) => ({
            value,
            label: <span aria-label={t(`gallery.size.${value}`)}>{value}</span>,
          }))}
          value={size}
          onChange={(value) => change({ size: value === "M" ? undefined : value })}
        />
        {mayImport && (
          <Button
            component={Link}
            to="/imports"
            variant="default"
            leftSection={<IconPhotoPlus size={20} aria-hidden />}
          >
            {t("gallery.import")}
          </Button>
        )}
      </PageHeader>
      <FilterBar filters={filters} onChange={refine} />
      <Answer query={landmarks}>
        {({ cursors }) =>
          total === 0 ? (
            <GalleryEmpty
              filtered={Object.keys(filters).length > 0}
              onClear={() => refine(Object.fromEntries(FILTERS.map((name) => [name, undefined])))}
            />
          ) : (
            <div className={classes.grid} data-old={landmarks.isPlaceholderData || undefined}>
              <ImageGrid
                key={JSON.stringify(query)}
                query={query}
                cursors={cursors}
                total={total}
                taken={landmarks.dataUpdatedAt}
                size={size}
                start={Number(values.at ?? 0) || 0}
                hrefOf={hrefOf}
                onOpen={(id, at) => void open(id, at)}
              />
            </div>
          )
        }
      </Answer>
    </div>
  );
}
