/* The value of a slice with its interval; on a bar where it is a share, in words where it is not. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { IntervalBar } from "@/ui/IntervalBar";
import { useMetricName } from "@/ui/metrics";
import type { Slice } from "./queries";
import { readShortage } from "./shortage";

const UNBOUNDED = new Set(["mae", "rmse", "r2"]);

interface Props {
  slice: Slice;
  metric: string;
}

export function SliceFigure({ slice, metric }: Props) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const nameOf = useMetricName();
  const estimate = slice.metrics?.[metric];
  const tellShortage = (words: string | null | undefined) => {
    const found = readShortage(words ?? "");
    return found
      ? t(`shortage.${found.unit}`, { ...found, defaultValue: words })
      : words || t("ui:figure.none");
  };
  if (!estimate || estimate.value == null) {
    return (
      <Text span fz="sm" c="dimmed">
        {tellShortage(estimate?.shortage)}
      </Text>
    );
  }
  const { value, low, high } = estimate;
  if (UNBOUNDED.has(metric)) {
    const range =
      low == null || high == null
        ? t("ui:figure.noInterval")
        : t("ui:figure.interval", { low: format.number(low, 3), high: format.number(high, 3) });
    return (
      <Text span className="tabular">
        <b>{format.number(value, 3)}</b> {range}
      </Text>
    );
  }
  return (
    <IntervalBar
      interval={{ value, low: low ?? null, high: high ?? null }}
      acceptable={slice.metric === metric ? slice.limit : null}
      verdict={slice.metric === metric ? slice.verdict : "not_judged"}
      label={`${slice.name}, ${nameOf(metric)}`}
    />
  );
}
