/* How often a confidence is right: observed share with its interval against what was promised. */
import { useCallback } from "react";
import { useFormat } from "@/ui/format";
import { Chart } from "./Chart";
import { axis, type Tokens } from "./tokens";

export interface ReliabilityBin {
  confidence: number;
  observed: number;
  low?: number | null;
  high?: number | null;
  n: number;
}

interface Props {
  bins: ReliabilityBin[];
  xName: string;
  yName: string;
  countName: string;
  label: string;
  height?: number;
  /** How much larger the mark of the fullest bin is than that of an empty one. */
  growPx?: number;
}

interface Api {
  value(dimension: number): number;
  coord(point: number[]): [number, number];
}

export function Reliability({ bins, xName, yName, countName, label, height = 360, growPx = 13 }: Props) {
  const format = useFormat();
  const option = useCallback(
    (tokens: Tokens) => {
      const most = Math.max(1, ...bins.map((bin) => bin.n));
      const formatter = (value: number) => format.number(value, 1);
      const unit = { type: "value", min: 0, max: 1, axisLabel: { color: tokens.muted, formatter } };
      return {
        grid: { left: 14, right: 18, top: 14, bottom: 4, outerBoundsMode: "same" },
        xAxis: axis(tokens, xName, { ...unit, nameGap: 26 }),
        yAxis: axis(tokens, yName, { ...unit, nameGap: 36 }),
        tooltip: {
          trigger: "item",
          backgroundColor: tokens.surface,
          borderColor: tokens.border,
          textStyle: { color: tokens.text },
          confine: true,
          formatter: ({ dataIndex }: { dataIndex: number }) => told(bins[dataIndex]),
        },
        series: [
          {
            type: "line",
            silent: true,
            symbol: "none",
            data: [
              [0, 0],
              [1, 1],
            ],
            lineStyle: { color: tokens.muted, type: "dotted", width: 1.5 },
          },
          {
            type: "custom",
            silent: true,
            data: bins.map((bin) => [bin.confidence, bin.low ?? NaN, bin.high ?? NaN]),
            renderItem: (_: unknown, api: Api) => whisker(api, tokens.series[0] ?? tokens.text),
          },
          {
            type: "line",
            data: bins.map((bin) => ({
              value: [bin.confidence, bin.observed],
              symbolSize: 7 + growPx * Math.sqrt(bin.n / most),
            })),
            symbol: "circle",
            color: tokens.series[0],
            lineStyle: { width: 2 },
            itemStyle: { borderColor: tokens.surface, borderWidth: 1.5 },
          },
        ],
      };
    },
    [bins, xName, yName, countName, growPx, format],
  );
  function told(bin: ReliabilityBin | undefined): string {
    if (!bin) return "";
    const range =
      bin.low == null || bin.high == null ? "" : ` [${format.metric(bin.low)}; ${format.metric(bin.high)}]`;
    return [
      `${xName} ${format.metric(bin.confidence)}`,
      `${yName} ${format.metric(bin.observed)}${range}`,
      `${countName} ${format.integer(bin.n)}`,
    ].join("<br>");
  }
  return <Chart option={option} label={label} height={height} />;
}

function whisker(api: Api, colour: string): object | undefined {
  const [x, low, high] = [api.value(0), api.value(1), api.value(2)];
  if (Number.isNaN(low) || Number.isNaN(high)) return undefined;
  const [px, y1] = api.coord([x, low]);
  const [, y2] = api.coord([x, high]);
  const style = { stroke: colour, lineWidth: 2, opacity: 0.6 };
  const line = (a: number, b: number, c: number, d: number) => ({
    type: "line",
    shape: { x1: a, y1: b, x2: c, y2: d },
    style,
  });
  return {
    type: "group",
    children: [line(px, y1, px, y2), line(px - 5, y1, px + 5, y1), line(px - 5, y2, px + 5, y2)],
  };
}
