/* The weeks of one stream over time: a line for each version, a whisker for each interval. */
import { Text } from "@mantine/core";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "@/charts/Chart";
import type { Tokens } from "@/charts/tokens";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { useWeekName } from "./useWeekName";
import { linesOf, rangeOf, type Week } from "./weeks";
import { weeksOption } from "./weeksOption";

interface Props {
  weeks: Week[];
  metric: string;
  isShare: boolean;
}

export function WeeksChart({ weeks, metric, isShare }: Props) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const weekName = useWeekName();
  const nameOf = useMetricName();
  const lines = useMemo(() => linesOf(weeks), [weeks]);
  const range = useMemo(() => rangeOf(weeks, isShare), [weeks, isShare]);
  const option = useCallback(
    (tokens: Tokens) =>
      weeksOption({
        lines,
        range,
        tokens,
        words: {
          metric: nameOf(metric),
          day: (at) => format.date(at),
          tick: (value) => format.number(value, 3),
          tell: ({ week, model, figure: { value, low, high }, labelled }) => [
            `${model.name}:${model.number}, ${weekName(week)}`,
            `${value === null ? "–" : format.metric(value)} ${
              low === null || high === null
                ? `(${t("weeks.tooFew")})`
                : `[${t("ui:figure.interval", { low: format.metric(low), high: format.metric(high) })}]`
            }`,
            t("weeks.labelsOf", { count: labelled, shown: format.integer(labelled) }),
          ],
        },
      }),
    [lines, range, metric, nameOf, format, weekName, t],
  );
  const last = lines.at(-1)?.weeks.at(-1);
  if (!last) return <Text c="dimmed">{t("weeks.noValue")}</Text>;
  const label = t("weeks.told", {
    metric: nameOf(metric),
    count: weeks.length,
    version: lines.at(-1)?.name,
    last: format.metric(last.figure.value ?? 0),
  });
  return (
    <div>
      <Chart option={option} label={label} height={320} />
      <Text fz="sm" c="dimmed">
        {t("weeks.marks")}
      </Text>
    </div>
  );
}
