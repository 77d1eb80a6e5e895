/* Curves on the unit square (precision and recall, ROC), with the point at which the line works. */
import { useCallback } from "react";
import { useFormat } from "@/ui/format";
import { Chart } from "./Chart";
import { lookOf } from "./series";
import { axis, type Tokens } from "./tokens";

export interface UnitCurve {
  name: string;
  /** x, y and the score at which the point lies. */
  points: [x: number, y: number, score: number][];
  operating?: [x: number, y: number] | null;
}

interface Props {
  curves: UnitCurve[];
  xName: string;
  yName: string;
  scoreName: string;
  operatingName: string;
  label: string;
  diagonal?: boolean;
  height?: number;
}

export function UnitCurves(props: Props) {
  const { curves, xName, yName, scoreName, operatingName, label, diagonal, height = 360 } = props;
  const format = useFormat();
  const works = curves.flatMap(({ operating }) => (operating ? [operating] : []));
  const option = useCallback(
    (tokens: Tokens) => ({
      legend: { type: "scroll", top: 0, left: 0, itemWidth: 34, textStyle: { color: tokens.text } },
      grid: { left: 14, right: 18, top: 40, bottom: 4, outerBoundsMode: "same" },
      xAxis: axis(tokens, xName, unit(tokens, 26)),
      yAxis: axis(tokens, yName, unit(tokens, 36)),
      tooltip: {
        trigger: "item",
        backgroundColor: tokens.surface,
        borderColor: tokens.border,
        textStyle: { color: tokens.text },
        confine: true,
        formatter: ({ value }: { value: number[] }) => told(value),
      },
      series: [
        ...(diagonal ? [chance(tokens)] : []),
        ...curves.map(({ name, points }, index) => ({
          name,
          type: "line",
          data: points,
          color: tokens.series[lookOf(index).colour],
          lineStyle: { width: 2, type: lookOf(index).dash },
          symbol: lookOf(index).mark,
          symbolSize: 6,
          showSymbol: true,
          showAllSymbol: "auto",
        })),
        ...(works.length ? [marks(tokens)] : []),
      ],
    }),
    [curves, xName, yName, scoreName, operatingName, diagonal, format],
  );
  function marks(tokens: Tokens): object {
    return {
      name: operatingName,
      type: "scatter",
      symbol: "diamond",
      symbolSize: 17,
      color: tokens.text,
      itemStyle: { borderColor: tokens.surface, borderWidth: 2 },
      data: works,
      z: 5,
    };
  }
  function told([x = 0, y = 0, score]: number[]): string {
    const lines = [`${xName} ${format.metric(x)}`, `${yName} ${format.metric(y)}`];
    if (score !== undefined) lines.push(`${scoreName} ${format.metric(score)}`);
    return lines.join("<br>");
  }
  function unit(tokens: Tokens, nameGap: number): object {
    const formatter = (value: number) => format.number(value, 1);
    return { type: "value", min: 0, max: 1, nameGap, axisLabel: { color: tokens.muted, formatter } };
  }
  return <Chart option={option} label={label} height={height} />;
}

/** The line that chance would draw. */
function chance(tokens: Tokens): object {
  return {
    type: "line",
    data: [
      [0, 0],
      [1, 1],
    ],
    silent: true,
    symbol: "none",
    lineStyle: { color: tokens.muted, type: "dotted", width: 1.5 },
    tooltip: { show: false },
  };
}
