/* Every site by itself, worst first: the metric that decides, or another one for looking closer. */
import { Anchor, Select, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { IntervalChart } from "@/charts/IntervalChart";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { type Evaluation, judgedBy, sitesOf, type Slice } from "./queries";
import { SliceTable } from "./SliceTable";

export function SiteVerdicts({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const nameOf = useMetricName();
  const judged = judgedBy(evaluation);
  const [chosen, setChosen] = useState<string | null>(null);
  const metric = chosen ?? judged;
  const sites = sitesOf(evaluation);
  const names = useMemo(
    () => [...new Set(sites.flatMap((site) => Object.keys(site.metrics ?? {})))],
    [sites],
  );
  const rows = useMemo(
    () => sites.map((site) => rowOf(site, metric, t("slice.images", { count: site.n_images }))),
    [sites, metric, t],
  );
  const limitValue = metric === sites[0]?.metric ? sites[0]?.limit : null;
  const limit = useMemo(
    () =>
      limitValue == null
        ? null
        : { value: limitValue, label: t("site.limit", { value: format.number(limitValue, 3) }) },
    [limitValue, t, format],
  );
  if (!sites.length) return null;
  const picker = (
    <Select
      aria-label={t("site.metric")}
      w={{ base: "100%", xs: 320 }}
      allowDeselect={false}
      data={names.map((name) => ({
        value: name,
        label: name === judged ? t("site.judged", { metric: nameOf(name) }) : nameOf(name),
      }))}
      value={metric}
      onChange={setChosen}
    />
  );
  return (
    <Section title={t("site.title")} about={t("site.about")} actions={picker}>
      <Stack>
        <IntervalChart
          rows={rows}
          limit={limit}
          xName={nameOf(metric)}
          label={t("site.chart", { metric: nameOf(metric), count: rows.length })}
        />
        <SliceTable
          caption={t("site.title")}
          first={t("site.word")}
          slices={sites}
          metric={metric}
          name={(slice) => (
            <Anchor component={Link} to={`/sites/${slice.key}`} fw={600}>
              {slice.name}
            </Anchor>
          )}
        />
        {sites.every((site) => site.verdict === "not_judged") && <Text c="dimmed">{t("site.noRule")}</Text>}
      </Stack>
    </Section>
  );
}

function rowOf(site: Slice, metric: string, note: string) {
  const estimate = site.metrics?.[metric];
  return {
    name: site.name,
    value: estimate?.value ?? null,
    low: estimate?.low ?? null,
    high: estimate?.high ?? null,
    verdict: site.metric === metric ? site.verdict : "not_judged",
    note,
  };
}
