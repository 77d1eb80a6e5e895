/* Every evaluation of a site in time order: drawn with its interval, and as a table. */
import { Anchor, Stack } from "@mantine/core";
import { IconChartLine } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { type Deployment, useDeploymentHistory } from "@/rooms/deployments/queries";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { HistoryChart } from "./HistoryChart";
import { type SiteMeasure, siteHistoryQuery, type SiteOverview } from "./overview";

export function SiteHistory({ site }: { site: SiteOverview["site"] }) {
  const { t } = useTranslation("sites");
  const history = useQuery(siteHistoryQuery(site.slug));
  const deployments = useDeploymentsHere(site.slug);
  return (
    <Section title={t("history.title")} about={t("history.about")}>
      <Answer query={history}>
        {(measures) =>
          measures.length === 0 ? (
            <EmptyState icon={IconChartLine} title={t("history.none.title")} text={t("history.none.text")} />
          ) : (
            <Stack gap="md">
              <HistoryChart measures={measures} deployments={deployments} />
              <MeasureTable measures={measures} />
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}

const NONE: Deployment[] = [];

/** Return the deployments to the whole site that are known, oldest first; none for who may not see them. */
function useDeploymentsHere(site: string): Deployment[] {
  const maySee = useMay("deployments:read");
  const { data } = useDeploymentHistory(site);
  return useMemo(
    () => (maySee && data ? data.filter(({ station_id }) => station_id == null).reverse() : NONE),
    [maySee, data],
  );
}

function MeasureTable({ measures }: { measures: SiteMeasure[] }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const nameOf = useMetricName();
  const [open, setOpen] = useState(false);
  const figures = ({ value, low, high }: SiteMeasure) => {
    if (value === null) return t("ui:figure.none");
    if (low === null || high === null) return format.metric(value);
    return `${format.metric(value)} [${t("ui:figure.interval", { low: format.metric(low), high: format.metric(high) })}]`;
  };
  const columns: Column<SiteMeasure>[] = [
    {
      key: "at",
      title: t("history.at"),
      cell: ({ evaluated_at, evaluation_id }) => (
        <Anchor component={Link} to={`/evaluations/${evaluation_id}`}>
          {format.dateTime(evaluated_at)}
        </Anchor>
      ),
    },
    {
      key: "version",
      title: t("history.version"),
      cell: ({ model }) => (
        <Anchor component={Link} to={`/models/${model.id}`}>
          {model.name}:{model.number}
        </Anchor>
      ),
    },
    { key: "verdict", title: t("history.verdict"), cell: ({ verdict }) => <SignBadge value={verdict} /> },
    { key: "metric", title: t("history.metric"), cell: ({ metric }) => nameOf(metric) },
    { key: "value", title: t("history.value"), numeric: true, cell: figures },
    {
      key: "images",
      title: t("history.images"),
      numeric: true,
      cell: ({ n_images }) => format.integer(n_images),
    },
  ];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary style={{ minHeight: 44, lineHeight: "44px", cursor: "pointer", fontWeight: 600 }}>
        {t("history.asTable")}
      </summary>
      {open && (
        <DataTable
          rows={[...measures].reverse()}
          columns={columns}
          rowKey={({ evaluation_id }) => evaluation_id}
          caption={t("history.caption")}
        />
      )}
    </details>
  );
}
