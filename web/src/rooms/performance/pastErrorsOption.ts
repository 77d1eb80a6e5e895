/* The drawing of past errors: what was expected as a hollow mark beside what was measured with its whisker. */
import { axis, type Tokens } from "@/charts/tokens";
import type { PastError } from "./queries";

export interface Words {
  metric: string;
  estimated: string;
  measured: string;
  week: (monday: string) => string;
  tick: (value: number) => string;
  /** Lines for the tooltip, plain words. */
  tell: (past: PastError) => string[];
}

interface Drawing {
  past: PastError[];
  words: Words;
  tokens: Tokens;
}

interface Api {
  value: (dimension: number) => number;
  coord: (point: number[]) => number[];
}

/** Two marks of one week stand beside each other, so many pixels apart. */
const APART_PX = 7;

export function pastErrorsOption({ past, words, tokens }: Drawing) {
  const values = past.flatMap(({ estimated, measured, low, high }) => [estimated, measured, low, high]);
  const least = Math.max(0, Math.floor(Math.min(...values) * 10) / 10);
  const most = Math.min(1, Math.ceil(Math.max(...values) * 10) / 10);
  const truth = tokens.truth;
  const said = tokens.prediction;
  return {
    legend: {
      top: 0,
      left: 0,
      itemGap: 18,
      data: [words.estimated, words.measured],
      textStyle: { color: tokens.text },
    },
    grid: { left: 14, right: 18, top: 38, bottom: 4, outerBoundsMode: "same" },
    tooltip: {
      trigger: "item",
      confine: true,
      backgroundColor: tokens.surface,
      borderColor: tokens.border,
      textStyle: { color: tokens.text },
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const one = past[dataIndex];
        return one ? words.tell(one).join("<br>") : "";
      },
    },
    xAxis: {
      ...axis(tokens, ""),
      type: "category",
      data: past.map(({ week }) => words.week(week)),
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: axis(tokens, words.metric, {
      type: "value",
      min: least,
      max: most > least ? most : 1,
      nameGap: 40,
      axisLabel: { color: tokens.muted, formatter: words.tick },
    }),
    series: [
      {
        type: "custom",
        silent: true,
        tooltip: { show: false },
        data: past.map(({ low, high }, place) => [place, low, high]),
        encode: { x: 0, y: [1, 2] },
        renderItem: (_: unknown, api: Api) => {
          const [x = 0, bottom = 0] = api.coord([api.value(0), api.value(1)]);
          const [, top = 0] = api.coord([api.value(0), api.value(2)]);
          const shape = { x: x + APART_PX - 3, y: top, width: 6, height: Math.max(2, bottom - top), r: 3 };
          return { type: "rect", shape, style: { fill: truth, opacity: 0.3 } };
        },
      },
      {
        name: words.estimated,
        type: "scatter",
        symbol: "diamond",
        symbolSize: 13,
        symbolOffset: [-APART_PX, 0],
        color: said,
        itemStyle: { color: tokens.surface, borderColor: said, borderWidth: 2 },
        data: past.map(({ estimated }) => estimated),
      },
      {
        name: words.measured,
        type: "scatter",
        symbol: "circle",
        symbolSize: 11,
        symbolOffset: [APART_PX, 0],
        color: truth,
        data: past.map(({ measured }) => measured),
      },
    ],
  };
}
