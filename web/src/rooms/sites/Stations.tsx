/* Where images are taken at a site: lines and stations, and the live page of each station. */
import { Anchor, Button, Group } from "@mantine/core";
import { IconCamera, IconEye, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { ModelName } from "@/rooms/deployments/ModelName";
import { stationsQuery } from "@/rooms/deployments/queries";
import { GatePanel } from "@/rooms/monitoring/GatePanel";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { Section } from "@/ui/Section";
import { AddPlace, type PlaceKind } from "./AddPlace";
import type { SiteOverview } from "./overview";
import { linesQuery, type Station } from "./queries";

interface Props {
  site: SiteOverview["site"];
  deployments: SiteOverview["deployments"];
}

export function Stations({ site, deployments }: Props) {
  const { t } = useTranslation(["sites", "monitoring"]);
  const stations = useQuery(stationsQuery(site.slug));
  const lines = useQuery(linesQuery(site.slug));
  const mayAdd = useMay("sites:write");
  const mayWatch = useMay("predictions:read");
  const seesWatch = useMay("monitoring:read");
  const [adding, setAdding] = useState<PlaceKind | null>(null);
  const lineOf = (id: string | null) => lines.data?.find((line) => line.id === id)?.name ?? "–";
  const answers = (slug: string) =>
    deployments.find(({ station }) => station === slug) ??
    deployments.find(({ station }) => station === null);
  const columns: Column<Station>[] = [
    {
      key: "name",
      title: t("station.name"),
      cell: (station) => (
        <>
          {station.name}{" "}
          {station.slug !== station.name && <span style={{ color: "var(--p-muted)" }}>{station.slug}</span>}
        </>
      ),
    },
    { key: "line", title: t("station.line"), cell: ({ line_id }) => lineOf(line_id) },
    {
      key: "answers",
      title: t("station.answers"),
      cell: ({ slug }) => {
        const model = answers(slug)?.model;
        if (!model) return t("card.nobody");
        return <ModelName {...model} />;
      },
    },
    {
      key: "reference",
      title: t("station.reference"),
      cell: ({ reference_image_id }) =>
        reference_image_id ? (
          <Anchor component={Link} to={`/images/${reference_image_id}`}>
            {t("station.referenceSet")}
          </Anchor>
        ) : (
          "–"
        ),
    },
  ];
  if (mayWatch)
    columns.push({
      key: "live",
      title: t("station.watch"),
      cell: ({ slug, name }) => (
        <Button
          component={Link}
          to={`/sites/${site.slug}/stations/${slug}`}
          variant="default"
          leftSection={<IconCamera size={18} aria-hidden />}
          aria-label={t("station.liveOf", { station: name })}
        >
          {t("station.live")}
        </Button>
      ),
    });
  const add = (kind: PlaceKind) => (
    <Button
      variant="default"
      leftSection={<IconPlus size={18} aria-hidden />}
      onClick={() => setAdding(kind)}
    >
      {t(`add.${kind}`)}
    </Button>
  );
  return (
    <>
      <Section
        title={t("station.title")}
        actions={
          <Group gap="sm">
            {seesWatch && (
              <Button
                component={Link}
                to={`/sites/${site.slug}/watch`}
                variant="default"
                leftSection={<IconEye size={18} aria-hidden />}
              >
                {t("monitoring:watch.open")}
              </Button>
            )}
            {mayAdd && add("line")}
            {mayAdd && add("station")}
          </Group>
        }
      >
        <Answer query={stations}>
          {(rows) =>
            rows.length === 0 ? (
              <EmptyState
                icon={IconCamera}
                title={t("station.none.title")}
                text={t(mayAdd ? "station.none.text" : "station.none.ask")}
              />
            ) : (
              <DataTable
                rows={rows}
                columns={columns}
                rowKey={({ id }) => id}
                caption={t("station.caption")}
              />
            )
          }
        </Answer>
        {adding && (
          <AddPlace kind={adding} site={site.slug} lines={lines.data ?? []} onClose={() => setAdding(null)} />
        )}
      </Section>
      {seesWatch && <GatePanel site={site.slug} />}
    </>
  );
}
