/* The weeks of the chart as a table, newest first. */
import { Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ModelName } from "@/rooms/deployments/ModelName";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import type { Week } from "./weeks";

export function WeeksTable({ weeks, metric }: { weeks: Week[]; metric: string }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const nameOf = useMetricName();
  const [open, setOpen] = useState(false);
  const columns: Column<Week>[] = [
    {
      key: "week",
      title: t("weeks.week"),
      cell: (one) => <span style={{ whiteSpace: "nowrap" }}>{format.date(`${one.week}T00:00:00`)}</span>,
    },
    { key: "model", title: t("weeks.version"), cell: (one) => <ModelName {...one.model} /> },
    {
      key: "figure",
      title: nameOf(metric),
      numeric: true,
      cell: ({ figure: { value, low, high } }) => (
        <>
          <Text span fw={600} display="block">
            {value === null ? t("ui:figure.none") : format.metric(value)}
          </Text>
          <Text span fz="sm" c="dimmed">
            {low === null || high === null
              ? t("weeks.tooFew")
              : t("ui:figure.interval", { low: format.metric(low), high: format.metric(high) })}
          </Text>
        </>
      ),
    },
    { key: "labels", title: t("weeks.labels"), numeric: true, cell: (one) => format.integer(one.labelled) },
    {
      key: "units",
      title: t("weeks.units"),
      numeric: true,
      cell: (one) => format.integer(one.figure.n_units),
    },
    {
      key: "inspected",
      title: t("weeks.inspected"),
      numeric: true,
      cell: (one) => format.integer(one.inspected),
    },
  ];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary style={{ minHeight: 44, lineHeight: "44px", cursor: "pointer", fontWeight: 600 }}>
        {t("weeks.asTable")}
      </summary>
      {open && (
        <DataTable
          rows={[...weeks].reverse()}
          columns={columns}
          rowKey={({ week, model }) => `${week} ${model.id}`}
          caption={t("weeks.caption")}
        />
      )}
    </details>
  );
}
