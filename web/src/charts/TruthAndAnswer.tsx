/* Continuous values: what was answered over what is true; a faithful model lies on the diagonal. */
import { useCallback } from "react";
import { useFormat } from "@/ui/format";
import { Chart } from "./Chart";
import { axis, type Tokens } from "./tokens";

interface Props {
  pairs: [truth: number, answer: number][];
  xName: string;
  yName: string;
  label: string;
}

export function TruthAndAnswer({ pairs, xName, yName, label }: Props) {
  const format = useFormat();
  const option = useCallback(
    (tokens: Tokens) => {
      const all = pairs.flat();
      const ends = [Math.min(...all), Math.max(...all)];
      const formatter = (value: number) => format.number(value);
      const scale = { type: "value", scale: true, axisLabel: { color: tokens.muted, formatter } };
      return {
        grid: { left: 14, right: 18, top: 14, bottom: 4, outerBoundsMode: "same" },
        xAxis: axis(tokens, xName, { ...scale, nameGap: 26 }),
        yAxis: axis(tokens, yName, { ...scale, nameGap: 44 }),
        tooltip: { show: false },
        series: [
          {
            type: "line",
            silent: true,
            symbol: "none",
            data: ends.map((end) => [end, end]),
            lineStyle: { color: tokens.muted, type: "dotted", width: 1.5 },
          },
          {
            type: "scatter",
            data: pairs,
            symbolSize: 6,
            color: tokens.series[0],
            itemStyle: { opacity: 0.6 },
          },
        ],
      };
    },
    [pairs, xName, yName, format],
  );
  return <Chart option={option} label={label} height={360} />;
}
