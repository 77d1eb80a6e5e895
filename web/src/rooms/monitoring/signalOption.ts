/* The drawing of one signal over time: the reference as a grey band, images as a coloured one with their median;
   and the drawing of the evidence, with the lines at which it is unusual and an alarm. */
import type { Tokens } from "@/charts/tokens";
import type { SignalPoint, SignalSeries, TimeMark } from "./queries";
import { piecesOf, scaleOf, type Span } from "./timeline";

export const LEFT_PX = 62;
export const RIGHT_PX = 14;
/** Evidence goes on growing after an alarm; more than this is not drawn, so that what led to it can be seen. */
const MOST_LEVEL = 1.6;

export interface SignalWords {
  median: string;
  between: string;
  reference: string;
  images: string;
  number: (value: number) => string;
  count: (value: number) => string;
  moment: (at: number) => string;
}

interface Drawing {
  span: Span;
  marks: TimeMark[];
  tokens: Tokens;
}

interface Api {
  coord: (point: number[]) => [number, number];
}

const time = (at: string) => Date.parse(at);

export function signalOption(
  { series, bucketS, words }: { series: SignalSeries; bucketS: number; words: SignalWords },
  { span, marks, tokens }: Drawing,
) {
  const scale = scaleOf(series);
  const pieces = piecesOf(series.points, bucketS);
  const colour = tokens.series[0] as string;
  const line = pieces.flatMap((piece, place) => [
    ...(place ? [[time(piece[0]?.at ?? ""), null]] : []),
    ...piece.map(({ at, q50 }) => [time(at), q50]),
  ]);
  const alone = pieces.filter((piece) => piece.length === 1).map(([one]) => [time(one?.at ?? ""), one?.q50]);
  return {
    animation: false,
    grid: grid(),
    xAxis: timeAxis(span),
    yAxis: valueAxis(tokens, scale, words.number),
    tooltip: {
      ...tooltip(tokens),
      formatter: (hit: { value: [number, number | null] }[]) => told(hit[0]?.value[0], series, words),
    },
    series: [
      bands(series, pieces, span, tokens),
      {
        type: "line",
        data: line,
        color: colour,
        lineStyle: { width: 2 },
        showSymbol: false,
        markLine: markLines(marks, tokens),
      },
      { type: "scatter", data: alone, color: colour, symbolSize: 5, silent: true, tooltip: { show: false } },
    ],
  };
}

interface EvidenceDrawing extends Drawing {
  evidence: [number, number][];
  amber: number | null;
  words: {
    alarm: string;
    amber: string;
    evidence: string;
    level: (value: number) => string;
    tick: (value: number) => string;
    moment: (at: number) => string;
  };
}

export function evidenceOption({ evidence, amber, words, span, marks, tokens }: EvidenceDrawing) {
  const most = Math.min(MOST_LEVEL, Math.max(1.15, ...evidence.map(([, level]) => level * 1.08)));
  const limit = (level: number, name: string, colour: string, type: string) => ({
    yAxis: level,
    lineStyle: { color: colour, type, width: 2 },
    label: {
      formatter: name,
      position: "insideStartTop",
      color: colour,
      fontWeight: 600,
      textBorderColor: tokens.surface,
      textBorderWidth: 3,
    },
  });
  return {
    animation: false,
    grid: grid(),
    xAxis: timeAxis(span),
    yAxis: valueAxis(tokens, [0, most], words.tick),
    tooltip: {
      ...tooltip(tokens),
      formatter: (hit: { value: [number, number] }[]) => {
        const [at, level] = hit[0]?.value ?? [];
        if (at === undefined || level === undefined) return "";
        return `${words.moment(at)}<br>${words.evidence} <b>${words.level(level)}</b>`;
      },
    },
    series: [
      {
        type: "line",
        step: "end",
        data: evidence,
        color: tokens.text,
        lineStyle: { width: 2 },
        areaStyle: { color: tokens.text, opacity: 0.08 },
        showSymbol: evidence.length < 2,
        markLine: {
          symbol: "none",
          silent: true,
          data: [
            limit(1, words.alarm, tokens.bad, "solid"),
            ...(amber === null ? [] : [limit(amber, words.amber, tokens.warn, "dashed")]),
            ...markLines(marks, tokens).data,
          ],
        },
      },
    ],
  };
}

const grid = () => ({ left: LEFT_PX, right: RIGHT_PX, top: 8, bottom: 8, outerBoundsMode: "none" });

const timeAxis = ({ from, to }: Span) => ({
  type: "time",
  min: from,
  max: to,
  axisLabel: { show: false },
  axisTick: { show: false },
  axisLine: { show: false },
  splitLine: { show: false },
});

function valueAxis(tokens: Tokens, [min, max]: [number, number], formatter: (value: number) => string) {
  return {
    type: "value",
    min,
    max,
    splitNumber: 2,
    axisLabel: {
      color: tokens.muted,
      formatter,
      showMinLabel: false,
      showMaxLabel: false,
      hideOverlap: true,
    },
    splitLine: { lineStyle: { color: tokens.border, opacity: 0.6 } },
  };
}

const tooltip = (tokens: Tokens) => ({
  trigger: "axis",
  confine: true,
  backgroundColor: tokens.surface,
  borderColor: tokens.border,
  textStyle: { color: tokens.text },
});

const DASHES: Record<TimeMark["kind"], string | number[]> = {
  deployment: "dashed",
  reference: "dotted",
  incident: "solid",
  claim: [10, 4, 2, 4],
};

function markLines(marks: TimeMark[], tokens: Tokens) {
  const colour = (kind: TimeMark["kind"]) =>
    kind === "incident" ? tokens.bad : kind === "deployment" ? tokens.brand : tokens.muted;
  return {
    symbol: "none",
    silent: true,
    data: marks.map(({ at, kind }) => ({
      xAxis: time(at),
      label: { show: false },
      lineStyle: { color: colour(kind), type: DASHES[kind], width: 1.5 },
    })),
  };
}

/** One shape for all bands, drawn below the line: the reference across the span, images piece by piece. */
function bands(series: SignalSeries, pieces: SignalPoint[][], span: Span, tokens: Tokens): object {
  const draw = (_: unknown, api: Api) => {
    const polygon = (points: number[][], style: object) => ({
      type: "polygon",
      shape: { points: points.map((point) => api.coord(point)) },
      style,
    });
    const { band } = series;
    const reference = band
      ? [
          polygon(
            [
              [span.from, band.q95],
              [span.to, band.q95],
              [span.to, band.q05],
              [span.from, band.q05],
            ],
            { fill: tokens.none, opacity: 0.2, stroke: tokens.none, lineWidth: 1, lineDash: [4, 3] },
          ),
        ]
      : [];
    const images = pieces.map((piece) =>
      polygon(
        [
          ...piece.map(({ at, q95 }) => [time(at), q95]),
          ...piece.toReversed().map(({ at, q05 }) => [time(at), q05]),
        ],
        { fill: tokens.series[0], opacity: 0.22, stroke: tokens.series[0], lineWidth: 1 },
      ),
    );
    return { type: "group", children: [...reference, ...images] };
  };
  return {
    type: "custom",
    silent: true,
    tooltip: { show: false },
    data: [[span.from, 0]],
    clip: true,
    renderItem: draw,
  };
}

function told(at: number | undefined, series: SignalSeries, words: SignalWords): string {
  const point = at === undefined ? undefined : series.points.find((one) => time(one.at) === at);
  if (at === undefined || !point) return "";
  const range = (low: number, high: number) => `${words.number(low)} – ${words.number(high)}`;
  return [
    `<b>${words.moment(at)}</b>`,
    `${words.median} <b>${words.number(point.q50)}</b>`,
    `${words.between} ${range(point.q05, point.q95)}`,
    ...(series.band ? [`${words.reference} ${range(series.band.q05, series.band.q95)}`] : []),
    `${words.images} ${words.count(point.n)}`,
  ].join("<br>");
}
