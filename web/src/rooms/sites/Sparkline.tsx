/* The latest versions at one site, oldest left: value with its interval, and the limit. Told in words, too. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { scaleOf, type SiteMeasure } from "./overview";
import classes from "./Sparkline.module.css";

const WIDTH = 180;
const HEIGHT = 48;
const EDGE = 7;

export function Sparkline({ history }: { history: SiteMeasure[] }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const measured = history.filter(({ value }) => value !== null);
  const last = measured.at(-1);
  if (!last) return <Text c="dimmed">{t("trend.none")}</Text>;
  const limit = last.acceptable;
  const { least, most } = scaleOf(
    limit === null ? measured : [...measured, { value: limit, low: null, high: null }],
  );
  const step = measured.length > 1 ? (WIDTH - 2 * EDGE) / (measured.length - 1) : 0;
  const x = (place: number) => (measured.length > 1 ? EDGE + place * step : WIDTH / 2);
  const y = (value: number | null) =>
    HEIGHT - EDGE - (((value ?? 0) - least) / (most - least)) * (HEIGHT - 2 * EDGE);
  const banded = measured.map((one, place) => ({ one, place })).filter(({ one }) => one.low !== null);
  const edge = (side: "low" | "high") => banded.map(({ one, place }) => `${x(place)},${y(one[side])}`);
  const told = t("trend.told", {
    count: measured.length,
    first: format.metric(measured[0]?.value ?? 0),
    last: format.metric(last.value ?? 0),
  });
  return (
    <svg className={classes.spark} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={told}>
      <title>{told}</title>
      {banded.length > 1 && (
        <polygon className={classes.band} points={[...edge("high"), ...edge("low").reverse()].join(" ")} />
      )}
      {banded.length === 1 &&
        banded.map(({ one, place }) => (
          <line
            key={place}
            className={classes.whisker}
            x1={x(place)}
            x2={x(place)}
            y1={y(one.low)}
            y2={y(one.high)}
          />
        ))}
      {limit !== null && <line className={classes.limit} x1={0} x2={WIDTH} y1={y(limit)} y2={y(limit)} />}
      <polyline
        className={classes.line}
        points={measured.map((one, place) => `${x(place)},${y(one.value)}`).join(" ")}
      />
      <circle
        className={classes.last}
        data-verdict={last.verdict}
        cx={x(measured.length - 1)}
        cy={y(last.value)}
        r={4.5}
      />
    </svg>
  );
}
