/* The line of a site over time: value and interval of every version, what is acceptable, and who was deployed
   when. Words for people who don't see it. */
import { Text } from "@mantine/core";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "@/charts/Chart";
import type { Tokens } from "@/charts/tokens";
import type { Deployment } from "@/rooms/deployments/queries";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { historyOption } from "./historyOption";
import type { SiteMeasure } from "./overview";

interface Props {
  measures: SiteMeasure[];
  deployments: Deployment[];
}

export function HistoryChart({ measures, deployments }: Props) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const nameOf = useMetricName();
  const latest = measures.at(-1);
  const metric = latest?.metric ?? "";
  const drawn = useMemo(
    () => measures.filter((one) => one.metric === metric && one.value !== null),
    [measures, metric],
  );
  const words = useMemo(
    () => ({
      metric: nameOf(metric),
      deployed: (version: string) => t("history.deployed", { version }),
      verdict: (verdict: string) => t(`ui:sign.${verdict}`, { defaultValue: verdict }),
      interval: (low: number, high: number) =>
        t("ui:figure.interval", { low: format.metric(low), high: format.metric(high) }),
      day: format.date,
      moment: format.dateTime,
      figure: format.metric,
      tick: (value: number) => format.number(value, 3),
    }),
    [t, format, nameOf, metric],
  );
  const option = useCallback(
    (tokens: Tokens) => historyOption({ measures: drawn, deployments, words, tokens }),
    [drawn, deployments, words],
  );
  const label = t("history.told", {
    metric: nameOf(metric),
    versions: format.integer(drawn.length),
    first: format.metric(drawn[0]?.value ?? 0),
    last: format.metric(drawn.at(-1)?.value ?? 0),
  });
  if (drawn.length === 0) return <Text c="dimmed">{t("history.tooFew")}</Text>;
  const limit = latest?.acceptable ?? null;
  const acceptable = latest?.lower_is_better ? "history.acceptableUpTo" : "history.acceptable";
  return (
    <div>
      <Chart option={option} label={label} height={300} />
      <Text fz="sm" c="dimmed">
        {limit !== null && t(acceptable, { limit: format.metric(limit) })}{" "}
        {deployments.length > 0 && t("history.dashed")}
      </Text>
    </div>
  );
}
