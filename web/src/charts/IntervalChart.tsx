/* Values with their intervals, one a row, against a limit: the shape of the mark tells the verdict too. Rows
   without a value are left to the table below the chart. */
import { useCallback, useMemo } from "react";
import { useFormat } from "@/ui/format";
import { Chart } from "./Chart";
import { axis, type Tokens } from "./tokens";

export interface IntervalRow {
  name: string;
  value: number | null;
  low: number | null;
  high: number | null;
  verdict: string;
  /** Words for the tooltip, below the figures. */
  note?: string;
}

interface Props {
  rows: IntervalRow[];
  label: string;
  xName: string;
  limit?: { value: number; label: string } | null;
  /** Ends of the scale; without them the data decide. */
  range?: [number, number];
  onPick?: (name: string) => void;
}

const LOOKS: Record<string, { tone: keyof Tokens; mark: string }> = {
  satisfactory: { tone: "good", mark: "circle" },
  not_satisfactory: { tone: "bad", mark: "triangle" },
  undecided: { tone: "warn", mark: "diamond" },
  too_few: { tone: "info", mark: "emptyCircle" },
  better: { tone: "good", mark: "circle" },
  worse: { tone: "bad", mark: "triangle" },
  no_difference_seen: { tone: "none", mark: "diamond" },
};
const ROW_PX = 34;

interface Api {
  value(dimension: number): number;
  coord(point: number[]): [number, number];
}

export function IntervalChart({ rows: given, label, xName, limit, range, onPick }: Props) {
  const rows = useMemo(() => given.filter((row) => row.value !== null), [given]);
  const format = useFormat();
  const option = useCallback(
    (tokens: Tokens) => {
      const tone = (verdict: string) => tokens[LOOKS[verdict]?.tone ?? "none"] as string;
      return {
        grid: { left: 8, right: 20, top: limit ? 26 : 10, bottom: 4, outerBoundsMode: "same" },
        tooltip: {
          trigger: "item",
          backgroundColor: tokens.surface,
          borderColor: tokens.border,
          textStyle: { color: tokens.text },
          confine: true,
          formatter: ({ dataIndex }: { dataIndex: number }) => told(rows[dataIndex]),
        },
        xAxis: axis(tokens, xName, {
          type: "value",
          scale: true,
          nameGap: 26,
          ...(range ? { min: range[0], max: range[1] } : {}),
          axisLabel: { color: tokens.muted, formatter: (value: number) => format.number(value, 3) },
        }),
        yAxis: {
          type: "category",
          inverse: true,
          data: rows.map((row) => row.name),
          axisLine: { show: false },
          axisTick: { show: false },
          axisLabel: { color: tokens.text, width: 150, overflow: "truncate" },
        },
        series: [
          {
            type: "custom",
            silent: true,
            encode: { x: [0, 1], y: 2 },
            data: rows.map((row, index) => [row.low, row.high, index]),
            renderItem: (_: unknown, api: Api) => bar(api, tone(rows[api.value(2)]?.verdict ?? "")),
          },
          {
            type: "scatter",
            data: rows.map((row, index) => ({
              value: [row.value, index],
              symbol: LOOKS[row.verdict]?.mark ?? "circle",
              itemStyle: { color: tone(row.verdict), borderColor: tokens.surface, borderWidth: 1.5 },
            })),
            symbolSize: 15,
            markLine: limit
              ? {
                  silent: true,
                  symbol: "none",
                  lineStyle: { color: tokens.text, type: "solid", width: 2 },
                  label: { formatter: limit.label, color: tokens.text, position: "start", distance: 4 },
                  data: [{ xAxis: limit.value }],
                }
              : undefined,
          },
        ],
      };
    },
    [rows, xName, limit, range, format],
  );
  function told(row: IntervalRow | undefined): string {
    if (!row) return "";
    const figures =
      row.value === null
        ? "–"
        : `${format.metric(row.value)}${row.low === null || row.high === null ? "" : ` [${format.metric(row.low)}; ${format.metric(row.high)}]`}`;
    return [`<b>${escape(row.name)}</b>`, figures, escape(row.note ?? "")].filter(Boolean).join("<br>");
  }
  if (!rows.length) return null;
  return (
    <Chart
      option={option}
      label={label}
      height={Math.max(120, rows.length * ROW_PX + 76)}
      onClick={(event) => onPick?.(rows[event.dataIndex]?.name ?? "")}
    />
  );
}

function bar(api: Api, colour: string): object | undefined {
  const [low, high] = [api.value(0), api.value(1)];
  if (Number.isNaN(low) || Number.isNaN(high)) return undefined;
  const [x1, y] = api.coord([low, api.value(2)]);
  const [x2] = api.coord([high, api.value(2)]);
  const style = { stroke: colour, lineWidth: 3, fill: "none" };
  const line = (a: number, b: number, c: number, d: number) => ({
    type: "line",
    shape: { x1: a, y1: b, x2: c, y2: d },
    style,
  });
  return {
    type: "group",
    children: [line(x1, y, x2, y), line(x1, y - 6, x1, y + 6), line(x2, y - 6, x2, y + 6)],
  };
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
