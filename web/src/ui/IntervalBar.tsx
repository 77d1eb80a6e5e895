/* A number with its interval against what is acceptable, on one scale from 0 to 1. */
import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "./format";
import classes from "./IntervalBar.module.css";

export interface Interval {
  value: number | null;
  low: number | null;
  high: number | null;
}

interface Props {
  interval: Interval;
  acceptable?: number | null;
  /** The limit holds from above: an error, a rate of escapes. */
  lowerIsBetter?: boolean;
  verdict?: string;
  label: string;
}

const place = (value: number) => `${Math.min(1, Math.max(0, value)) * 100}%`;

export function IntervalBar({ interval, acceptable, verdict = "undecided", lowerIsBetter, label }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { value, low, high } = interval;
  if (value === null || value === undefined) return <Text c="dimmed">{t("figure.none")}</Text>;
  const range =
    low === null || low === undefined || high === null || high === undefined
      ? t("figure.noInterval")
      : t("figure.interval", { low: format.metric(low), high: format.metric(high) });
  const limit = lowerIsBetter ? "figure.acceptableUpTo" : "figure.acceptable";
  const told = acceptable == null ? "" : t(limit, { value: format.metric(acceptable) });
  return (
    <div role="img" aria-label={[label, format.metric(value), range, told].filter(Boolean).join(", ")}>
      <Group gap={8} wrap="nowrap" align="baseline" className="tabular">
        <Text span fw={700}>
          {format.metric(value)}
        </Text>
        <Text span fz="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {range}
        </Text>
      </Group>
      <div className={classes.track} data-verdict={verdict}>
        {low != null && high != null && (
          <span
            className={classes.range}
            style={{ left: place(low), width: `calc(${place(high)} - ${place(low)})` }}
          />
        )}
        {acceptable != null && <span className={classes.acceptable} style={{ left: place(acceptable) }} />}
        <span className={classes.point} style={{ left: place(value) }} />
      </div>
    </div>
  );
}
