/* The difference at every site: in a chart around zero, and in a table. */
import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { IntervalChart } from "@/charts/IntervalChart";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { isError, useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { tellDifference } from "./difference";
import type { Comparison, Difference, Evaluation } from "./queries";

interface Props {
  comparison: Comparison;
  champion: Evaluation;
  challenger: Evaluation;
}

export function ComparisonSites({ comparison, champion, challenger }: Props) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const nameOf = useMetricName();
  const { metric, sites } = comparison;
  const rows = useMemo(
    () =>
      sites.map((site) => ({
        name: site.name,
        value: site.difference.value ?? null,
        low: site.difference.low ?? null,
        high: site.difference.high ?? null,
        verdict: site.verdict,
        note: t("slice.images", { count: site.n_images }),
      })),
    [sites, t],
  );
  const limit = useMemo(() => ({ value: 0, label: t("compare.zero") }), [t]);
  const figure = (value: number | null | undefined) => (value == null ? "–" : format.metric(value));
  const columns: Column<Difference>[] = [
    {
      key: "site",
      title: t("site.word"),
      cell: (site) => (
        <Anchor component={Link} to={`/sites/${site.key}`} fw={600}>
          {site.name}
        </Anchor>
      ),
    },
    { key: "verdict", title: t("evaluation.verdict"), cell: (site) => <SignBadge value={site.verdict} /> },
    {
      key: "champion",
      title: `${champion.model_name}:${champion.model_number}`,
      numeric: true,
      cell: (site) => figure(site.champion),
    },
    {
      key: "challenger",
      title: `${challenger.model_name}:${challenger.model_number}`,
      numeric: true,
      cell: (site) => figure(site.challenger),
    },
    {
      key: "difference",
      title: t("compare.difference"),
      numeric: true,
      cell: (site) => <Signed site={site} />,
    },
    {
      key: "images",
      title: t("slice.imagesWord"),
      numeric: true,
      cell: (site) => format.integer(site.n_images),
    },
  ];
  return (
    <Section
      title={t("compare.sites")}
      about={t(isError(metric) ? "compare.lowerIsBetter" : "compare.higherIsBetter", {
        metric: nameOf(metric),
      })}
    >
      <Stack>
        <IntervalChart
          rows={rows}
          limit={limit}
          xName={t("compare.axis")}
          label={t("compare.chart", { metric: nameOf(metric), count: rows.length })}
        />
        <DataTable rows={sites} columns={columns} rowKey={(site) => site.key} caption={t("compare.sites")} />
      </Stack>
    </Section>
  );
}

function Signed({ site }: { site: Difference }) {
  const format = useFormat();
  const { value, range } = tellDifference(site.difference, format);
  return (
    <>
      <Text span fw={700}>
        {value}
      </Text>{" "}
      <Text span fz="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
        {range}
      </Text>
    </>
  );
}
