/* One signal over time: its name and unit, and its line over the band of the reference. */
import { Text } from "@mantine/core";
import { memo, useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "@/charts/Chart";
import type { Tokens } from "@/charts/tokens";
import { useFormat } from "@/ui/format";
import { InView } from "./InView";
import type { SignalSeries, TimeMark } from "./queries";
import { signalOption } from "./signalOption";
import classes from "./TimeLines.module.css";
import type { Span } from "./timeline";
import { useChannelName, useUnitName } from "./useWords";

const HEIGHT_PX = 96;
const HOURLY_S = 3600;

interface Props {
  series: SignalSeries;
  bucketS: number;
  span: Span;
  marks: TimeMark[];
}

export const SignalLine = memo(function SignalLine({ series, bucketS, span, marks }: Props) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const name = useChannelName()(series.channel);
  const unit = useUnitName()(series.unit);
  const words = useMemo(
    () => ({
      median: t("lines.median"),
      between: t("lines.between"),
      reference: t("lines.reference"),
      images: t("lines.images"),
      number: (value: number) => format.number(value, Math.abs(value) < 1 ? 3 : 2),
      count: format.integer,
      moment: (at: number) =>
        bucketS > HOURLY_S ? format.date(new Date(at)) : format.dateTime(new Date(at)),
    }),
    [t, format, bucketS],
  );
  const option = useCallback(
    (tokens: Tokens) => signalOption({ series, bucketS, words }, { span, marks, tokens }),
    [series, bucketS, words, span, marks],
  );
  const first = series.points[0];
  const last = series.points.at(-1);
  return (
    <div className={classes.line}>
      <div className={classes.name}>
        <span>{name}</span>
        {unit && (
          <Text span fz="sm" c="dimmed">
            {unit}
          </Text>
        )}
      </div>
      {first && last ? (
        <InView height={HEIGHT_PX}>
          <Chart
            option={option}
            height={HEIGHT_PX}
            label={t(series.band ? "lines.told" : "lines.toldBare", {
              channel: name,
              first: words.number(first.q50),
              last: words.number(last.q50),
              low: words.number(series.band?.q05 ?? 0),
              high: words.number(series.band?.q95 ?? 0),
            })}
          />
        </InView>
      ) : (
        <Text c="dimmed" fz="sm">
          {t("lines.empty")}
        </Text>
      )}
    </div>
  );
});
