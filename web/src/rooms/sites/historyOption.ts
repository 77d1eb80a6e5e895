/* The drawing of a site's line: points on a time axis with whiskers, marked by verdict in colour and shape; the
   limit across, deployments upright. */
import { axis, type Tokens } from "@/charts/tokens";
import type { Deployment } from "@/rooms/deployments/queries";
import { scaleOf, type SiteMeasure } from "./overview";

export interface Words {
  metric: string;
  deployed: (version: string) => string;
  verdict: (verdict: string) => string;
  interval: (low: number, high: number) => string;
  day: (at: string | Date) => string;
  moment: (at: string | Date) => string;
  figure: (value: number) => string;
  tick: (value: number) => string;
}

interface Drawing {
  measures: SiteMeasure[];
  deployments: Deployment[];
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

const HOUR_MS = 3_600_000;
/** So much stays free at both ends of the time axis that whiskers are whole. */
const roomOf = ({ min, max }: Ends) => Math.max((max - min) * 0.03, HOUR_MS);

const MARKS: Record<string, { tone: "good" | "bad" | "warn" | "info" | "none"; symbol: string }> = {
  satisfactory: { tone: "good", symbol: "circle" },
  not_satisfactory: { tone: "bad", symbol: "triangle" },
  undecided: { tone: "warn", symbol: "diamond" },
  too_few: { tone: "info", symbol: "emptyCircle" },
};
const PLAIN = { tone: "none", symbol: "rect" } as const;
const time = (at: string) => new Date(at).getTime();

export function historyOption({ measures, deployments, words, tokens }: Drawing) {
  const limit = measures.at(-1)?.acceptable ?? null;
  const scale = scaleOf(limit === null ? measures : [...measures, { value: limit, low: null, high: null }]);
  const first = Math.min(...measures.map(({ evaluated_at }) => time(evaluated_at)));
  const seen = deployments.filter(({ at }) => time(at) >= first);
  return {
    grid: { left: 14, right: 24, top: 20, bottom: 26, outerBoundsMode: "same" },
    tooltip: {
      trigger: "item",
      confine: true,
      backgroundColor: tokens.surface,
      borderColor: tokens.border,
      textStyle: { color: tokens.text },
      formatter: ({ dataIndex }: { dataIndex: number }) => tell(measures[dataIndex], words),
    },
    xAxis: axis(tokens, "", {
      type: "time",
      min: (ends: Ends) => ends.min - roomOf(ends),
      max: (ends: Ends) => ends.max + roomOf(ends),
      axisLabel: {
        color: tokens.muted,
        hideOverlap: true,
        formatter: (at: number) => words.day(new Date(at)),
      },
      splitLine: { show: false },
    }),
    yAxis: axis(tokens, words.metric, {
      type: "value",
      min: scale.least,
      max: scale.most,
      nameGap: 46,
      axisLabel: { color: tokens.muted, showMinLabel: false, showMaxLabel: false, formatter: words.tick },
    }),
    series: [
      whiskers(measures, tokens),
      {
        type: "line",
        data: measures.map((one) => ({
          value: [time(one.evaluated_at), one.value],
          symbol: (MARKS[one.verdict] ?? PLAIN).symbol,
          itemStyle: { color: tokens[(MARKS[one.verdict] ?? PLAIN).tone], borderColor: tokens.surface },
        })),
        symbolSize: 13,
        lineStyle: { color: tokens.muted, width: 1.5 },
        markLine: {
          symbol: "none",
          silent: true,
          data: [...limitLine(limit, tokens), ...seen.map((one) => deployedLine(one, words, tokens))],
        },
      },
    ],
  };
}

function limitLine(limit: number | null, tokens: Tokens): object[] {
  if (limit === null) return [];
  return [
    { yAxis: limit, label: { show: false }, lineStyle: { color: tokens.text, type: "solid", width: 2 } },
  ];
}

function deployedLine({ at, model_name, model_number }: Deployment, words: Words, tokens: Tokens): object {
  const name = words.deployed(`${model_name}:${model_number}`);
  const halo = { color: tokens.text, textBorderColor: tokens.surface, textBorderWidth: 3 };
  const label = { ...halo, formatter: name, position: "insideEndBottom", fontSize: 11 };
  return { xAxis: time(at), label, lineStyle: { color: tokens.brand, type: "dashed", width: 1.5 } };
}

function whiskers(measures: SiteMeasure[], tokens: Tokens): object {
  return {
    type: "custom",
    silent: true,
    data: measures.map(({ evaluated_at, low, high }, place) => [time(evaluated_at), low, high, place]),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_: unknown, api: Api) => {
      const [at, low, high] = [api.value(0), api.value(1), api.value(2)];
      if (Number.isNaN(low) || Number.isNaN(high)) return undefined;
      const [x = 0, bottom = 0] = api.coord([at, low]);
      const [, top = 0] = api.coord([at, high]);
      const mark = MARKS[measures[api.value(3)]?.verdict ?? ""] ?? PLAIN;
      const shape = { x: x - 5, y: top, width: 10, height: Math.max(2, bottom - top), r: 4 };
      return { type: "rect", shape, style: { fill: tokens[mark.tone], opacity: 0.3 } };
    },
  };
}

function tell(measure: SiteMeasure | undefined, words: Words): string {
  if (!measure || measure.value === null) return "";
  const { model, value, low, high, verdict, evaluated_at } = measure;
  const interval = low === null || high === null ? "" : ` [${words.interval(low, high)}]`;
  return [
    `<b>${escape(model.name)}:${model.number}</b>`,
    `${words.figure(value)}${interval}`,
    words.verdict(verdict),
    words.moment(evaluated_at),
  ].join("<br>");
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
