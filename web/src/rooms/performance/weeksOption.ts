/* The drawing of weeks: versions by colour, dashes and mark; hollow where there were too few labels. */
import { lookOf } from "@/charts/series";
import { axis, type Tokens } from "@/charts/tokens";
import type { VersionLine, Week } from "./weeks";

export interface Words {
  metric: string;
  day: (at: Date) => string;
  tick: (value: number) => string;
  /** Lines for the tooltip, plain words. */
  tell: (week: Week) => string[];
}

interface Drawing {
  lines: VersionLine[];
  range: [number | undefined, number | undefined];
  words: Words;
  tokens: Tokens;
}

interface Api {
  value: (dimension: number) => number;
  coord: (point: number[]) => number[];
}

interface Ends {
  min: number;
  max: number;
}

const DAY_MS = 86_400_000;
const roomOf = ({ min, max }: Ends) => Math.max((max - min) * 0.03, 3 * DAY_MS);
const at = (monday: string) => new Date(`${monday}T00:00:00`).getTime();

export function weeksOption({ lines, range: [least, most], words, tokens }: Drawing) {
  return {
    legend: {
      show: lines.length > 1,
      type: "scroll",
      top: 0,
      left: 0,
      itemWidth: 14,
      data: lines.map(({ name }, index) => ({ name, icon: lookOf(index).mark })),
      textStyle: { color: tokens.text },
      pageTextStyle: { color: tokens.muted },
      pageIconColor: tokens.text,
      pageIconInactiveColor: tokens.border,
    },
    grid: { left: 14, right: 24, top: lines.length > 1 ? 40 : 16, bottom: 26, outerBoundsMode: "same" },
    tooltip: {
      trigger: "item",
      confine: true,
      backgroundColor: tokens.surface,
      borderColor: tokens.border,
      textStyle: { color: tokens.text },
      formatter: ({ seriesName, dataIndex }: { seriesName: string; dataIndex: number }) => {
        const week = lines.find(({ name }) => name === seriesName)?.weeks[dataIndex];
        return week ? words.tell(week).map(escape).join("<br>") : "";
      },
    },
    xAxis: axis(tokens, "", {
      type: "time",
      min: (ends: Ends) => ends.min - roomOf(ends),
      max: (ends: Ends) => ends.max + roomOf(ends),
      axisLabel: {
        color: tokens.muted,
        hideOverlap: true,
        formatter: (moment: number) => words.day(new Date(moment)),
      },
      splitLine: { show: false },
    }),
    yAxis: axis(tokens, words.metric, {
      type: "value",
      min: least,
      max: most,
      scale: true,
      nameGap: 40,
      axisLabel: { color: tokens.muted, formatter: words.tick },
    }),
    series: lines.flatMap((line, index) => [whiskers(line, index, tokens), marks(line, index, tokens)]),
  };
}

function marks({ name, weeks }: VersionLine, index: number, tokens: Tokens): object {
  const { colour, dash, mark } = lookOf(index);
  const shade = tokens.series[colour] ?? tokens.text;
  return {
    name,
    type: "line",
    color: shade,
    symbol: mark,
    symbolSize: 9,
    showSymbol: true,
    showAllSymbol: true,
    lineStyle: { width: 1.5, type: dash, opacity: 0.7 },
    data: weeks.map(({ week, figure }) => ({
      value: [at(week), figure.value],
      itemStyle:
        figure.low === null
          ? { color: tokens.surface, borderColor: shade, borderWidth: 1.5 }
          : { color: shade },
    })),
  };
}

function whiskers({ name, weeks }: VersionLine, index: number, tokens: Tokens): object {
  const shade = tokens.series[lookOf(index).colour] ?? tokens.text;
  return {
    name,
    type: "custom",
    silent: true,
    color: shade,
    tooltip: { show: false },
    data: weeks.map(({ week, figure: { low, high } }) => [at(week), low, high]),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_: unknown, api: Api) => {
      const [moment, low, high] = [api.value(0), api.value(1), api.value(2)];
      if (Number.isNaN(low) || Number.isNaN(high)) return undefined;
      const [x = 0, bottom = 0] = api.coord([moment, low]);
      const [, top = 0] = api.coord([moment, high]);
      const shape = { x: x - 3, y: top, width: 6, height: Math.max(2, bottom - top), r: 3 };
      return { type: "rect", shape, style: { fill: shade, opacity: 0.28 } };
    },
  };
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
