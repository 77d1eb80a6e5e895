/* The latest values of two runs, side by side. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/ui/DataTable";
import { tellSmall, useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import type { Run } from "./queries";

export function ComparedMetrics({ runs: [a, b] }: { runs: readonly [Run, Run] }) {
  const { t } = useTranslation("training");
  const format = useFormat();
  const nameOf = useMetricName();
  const names = [...new Set([...Object.keys(a.metrics ?? {}), ...Object.keys(b.metrics ?? {})])];
  const tell = (run: Run, name: string) => {
    const value = run.metrics?.[name];
    return value === undefined ? "–" : tellSmall(value, format);
  };
  const difference = (name: string) => {
    const [before, after] = [a.metrics?.[name], b.metrics?.[name]];
    if (before === undefined || after === undefined) return "–";
    return `${after > before ? "+" : ""}${tellSmall(after - before, format)}`;
  };
  const columns: Column<string>[] = [
    { key: "name", title: t("run.metric"), cell: nameOf },
    { key: "a", title: t("run.title", { number: a.number }), numeric: true, cell: (name) => tell(a, name) },
    { key: "b", title: t("run.title", { number: b.number }), numeric: true, cell: (name) => tell(b, name) },
    { key: "change", title: t("compare.change"), numeric: true, cell: difference },
  ];
  return (
    <Section title={t("compare.metrics")} about={t("compare.metricsAbout")}>
      {names.length ? (
        <DataTable rows={names} columns={columns} rowKey={(name) => name} caption={t("compare.metrics")} />
      ) : (
        <Text c="dimmed">{t("compare.noMetrics")}</Text>
      )}
    </Section>
  );
}
