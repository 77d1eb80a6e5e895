/* Curves over steps: zoom with the wheel or the handle below, smoothing on request. */
import { useCallback } from "react";
import { tellSmall, useFormat } from "@/ui/format";
import { Chart } from "./Chart";
import { lookOf } from "./series";
import { type Point, smooth } from "./smooth";
import { axis, type Tokens } from "./tokens";

export interface Series {
  name: string;
  points: Point[];
  /** Which look it has; by default its place in the list. */
  look?: number;
}

interface Props {
  series: Series[];
  xName: string;
  yName?: string;
  label: string;
  height?: number;
  smoothed?: boolean;
  zoom?: boolean;
  log?: boolean;
}

const FEW_POINTS = 24;

export function LineChart({ series, xName, yName, label, height = 280, smoothed, zoom = true, log }: Props) {
  const format = useFormat();
  const tell = useCallback((value: number) => tellSmall(value, format), [format]);
  const option = useCallback(
    (tokens: Tokens) => ({
      aria: { enabled: false },
      legend: {
        show: series.length > 1,
        type: "scroll",
        top: 0,
        left: 0,
        itemWidth: 34,
        textStyle: { color: tokens.text },
        pageTextStyle: { color: tokens.muted },
        pageIconColor: tokens.text,
        pageIconInactiveColor: tokens.border,
      },
      grid: {
        left: 12,
        right: 18,
        top: series.length > 1 ? 40 : 20,
        bottom: zoom ? 30 : 4,
        outerBoundsMode: "same",
      },
      xAxis: axis(tokens, xName, { type: "value", min: "dataMin", max: "dataMax", nameGap: 26 }),
      yAxis: axis(tokens, yName ?? "", {
        type: log ? "log" : "value",
        scale: true,
        nameGap: 44,
        axisLabel: { color: tokens.muted, formatter: tell },
      }),
      tooltip: {
        trigger: "axis",
        backgroundColor: tokens.surface,
        borderColor: tokens.border,
        textStyle: { color: tokens.text },
        confine: true,
        valueFormatter: (value: unknown) => (typeof value === "number" ? tell(value) : "–"),
      },
      dataZoom: zoom
        ? [
            { type: "inside", filterMode: "none", zoomOnMouseWheel: "ctrl" },
            {
              type: "slider",
              filterMode: "none",
              height: 18,
              bottom: 4,
              showDetail: false,
              brushSelect: false,
              borderColor: tokens.border,
              fillerColor: `${tokens.brand}22`,
              handleStyle: { color: tokens.surface, borderColor: tokens.brand },
              moveHandleSize: 4,
              dataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } },
              selectedDataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } },
            },
          ]
        : [],
      series: series.flatMap(({ name, points, look }, index) => lines(tokens, name, points, look ?? index)),
    }),
    [series, xName, yName, smoothed, zoom, log, tell],
  );
  function lines(tokens: Tokens, name: string, points: Point[], index: number): object[] {
    const { colour, dash, mark } = lookOf(index);
    const shown = smoothed ? smooth(points) : points;
    const line = {
      name,
      type: "line",
      data: shown,
      color: tokens.series[colour],
      lineStyle: { width: 2, type: dash },
      symbol: mark,
      symbolSize: 7,
      showSymbol: shown.length <= FEW_POINTS,
      sampling: "lttb",
      emphasis: { focus: "none" },
    };
    if (!smoothed) return [line];
    const raw = { ...line, data: points, lineStyle: { width: 1, opacity: 0.3, type: dash }, silent: true };
    return [{ ...raw, showSymbol: false, tooltip: { show: false } }, line];
  }
  return <Chart option={option} label={label} height={height} />;
}
