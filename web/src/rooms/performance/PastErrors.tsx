/* What was expected of past weeks beside what labels said afterwards, week by week. */
import { Text } from "@mantine/core";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "@/charts/Chart";
import type { Tokens } from "@/charts/tokens";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { pastErrorsOption } from "./pastErrorsOption";
import type { Estimate, PastError } from "./queries";
import { withinInterval } from "./standing";
import { useWeekName } from "./useWeekName";

export function PastErrors({ estimate }: { estimate: Estimate }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const nameOf = useMetricName();
  const weekName = useWeekName();
  const { past_errors: past, metric, mean_past_error: off } = estimate;
  const option = useCallback(
    (tokens: Tokens) =>
      pastErrorsOption({
        past,
        tokens,
        words: {
          metric: nameOf(metric),
          estimated: t("estimates.past.estimated"),
          measured: t("estimates.past.measured"),
          week: (monday) => format.date(`${monday}T00:00:00`),
          tick: (value) => format.number(value, 3),
          tell: ({ week, estimated, measured, low, high, n_labels }) => [
            weekName(week),
            `${t("estimates.past.estimated")} ${format.metric(estimated)}`,
            `${t("estimates.past.measured")} ${format.metric(measured)} [${t("ui:figure.interval", {
              low: format.metric(low),
              high: format.metric(high),
            })}]`,
            t("weeks.labelsOf", { count: n_labels, shown: format.integer(n_labels) }),
          ],
        },
      }),
    [past, metric, nameOf, format, weekName, t],
  );
  const words = t("estimates.past.told", {
    count: past.length,
    shown: format.integer(past.length),
    off: format.metric(off ?? 0),
    within: format.integer(withinInterval(past)),
  });
  return (
    <div>
      <Chart option={option} label={`${nameOf(metric)}: ${words}`} height={280} />
      <Text fz="sm">{words}</Text>
      <PastTable past={past} />
    </div>
  );
}

function PastTable({ past }: { past: PastError[] }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const columns: Column<PastError>[] = [
    {
      key: "week",
      title: t("weeks.week"),
      cell: (one) => <span style={{ whiteSpace: "nowrap" }}>{format.date(`${one.week}T00:00:00`)}</span>,
    },
    {
      key: "estimated",
      title: t("estimates.past.estimated"),
      numeric: true,
      cell: (one) => format.metric(one.estimated),
    },
    {
      key: "measured",
      title: t("estimates.past.measured"),
      numeric: true,
      cell: (one) =>
        `${format.metric(one.measured)} [${t("ui:figure.interval", {
          low: format.metric(one.low),
          high: format.metric(one.high),
        })}]`,
    },
    {
      key: "off",
      title: t("estimates.past.error"),
      numeric: true,
      cell: (one) => format.metric(Math.abs(one.estimated - one.measured)),
    },
    { key: "labels", title: t("weeks.labels"), numeric: true, cell: (one) => format.integer(one.n_labels) },
  ];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary style={{ minHeight: 44, lineHeight: "44px", cursor: "pointer", fontWeight: 600 }}>
        {t("weeks.asTable")}
      </summary>
      {open && (
        <DataTable
          rows={[...past].reverse()}
          columns={columns}
          rowKey={({ week }) => week}
          caption={t("estimates.past.caption")}
        />
      )}
    </details>
  );
}
