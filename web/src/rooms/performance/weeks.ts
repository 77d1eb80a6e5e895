/* Weeks of labels as they are drawn: one stream at a time, one line for each version. Pure; no hub, no drawing. */
import type { LabelStream, MetricFigure, PerformancePeriod } from "./queries";

export const STREAMS: LabelStream[] = ["audit", "seeded", "active", "unknown"];

/** One week of one version: the figure of the chosen metric, and how many labels and answers it rests on. */
export interface Week {
  week: string;
  model: PerformancePeriod["model"];
  figure: MetricFigure;
  labelled: number;
  inspected: number;
}

/** Return the streams that have labels, those that measure first. */
export function streamsOf(periods: PerformancePeriod[]): LabelStream[] {
  return STREAMS.filter((stream) => periods.some((one) => one.stream === stream && one.n_labelled > 0));
}

/** Return the metrics that a stream has figures of, the one that decides first. */
export function metricsOf(periods: PerformancePeriod[], stream: LabelStream, primary: string): string[] {
  const found = new Set(
    periods.flatMap((one) => (one.stream === stream ? one.figures.map(({ metric }) => metric) : [])),
  );
  return [...found].sort((a, b) => Number(b === primary) - Number(a === primary));
}

/** Return the weeks of one stream and metric, oldest first. Streams are never mixed. */
export function weeksOf(periods: PerformancePeriod[], stream: LabelStream, metric: string): Week[] {
  return periods
    .filter((one) => one.stream === stream)
    .flatMap((one) => {
      const figure = one.figures.find((each) => each.metric === metric);
      return figure
        ? [
            {
              week: one.week,
              model: one.model,
              figure,
              labelled: one.n_labelled,
              inspected: one.n_inspected,
            },
          ]
        : [];
    })
    .sort((a, b) => a.week.localeCompare(b.week) || a.model.number - b.model.number);
}

export interface VersionLine {
  name: string;
  weeks: Week[];
}

/** Return one line for each version, those that came first first; weeks without a value are not drawn. */
export function linesOf(weeks: Week[]): VersionLine[] {
  const lines = new Map<string, Week[]>();
  for (const week of weeks) {
    if (week.figure.value === null) continue;
    const name = `${week.model.name}:${week.model.number}`;
    lines.set(name, [...(lines.get(name) ?? []), week]);
  }
  return [...lines].map(([name, found]) => ({ name, weeks: found }));
}

/** Return the ends of an axis that holds all whiskers, in steps of 0.1 where the values are shares. */
export function rangeOf(weeks: Week[], isShare: boolean): [number | undefined, number | undefined] {
  const values = weeks.flatMap(({ figure: { value, low, high } }) =>
    [value, low, high].filter((one) => one !== null),
  );
  if (!isShare || values.length === 0) return [isShare ? 0 : undefined, isShare ? 1 : undefined];
  const least = Math.floor(Math.min(...values) * 10) / 10;
  return [Math.max(0, Math.min(least, 0.9)), 1];
}
