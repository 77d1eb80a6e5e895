/* ECharts in a page: loaded when first needed, coloured from the tokens, told in words to people who don't see
   it. Owns the life of one chart; refuses animation where motion is reduced. */
import { useMantineColorScheme } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { useEffect, useRef } from "react";
import { readTokens, type Tokens } from "./tokens";

interface Props {
  /** Build the option from the present colours; keep it stable with useCallback. */
  option: (tokens: Tokens) => EChartsCoreOption;
  /** What the chart says, in a sentence. */
  label: string;
  height?: number;
  onClick?: (event: { seriesName?: string; dataIndex: number; data: unknown }) => void;
}

export function Chart({ option, label, height = 280, onClick }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const click = useRef(onClick);
  click.current = onClick;
  const { colorScheme } = useMantineColorScheme();
  const still = useReducedMotion();

  useEffect(() => {
    let gone = false;
    const observer = new ResizeObserver(() => chart.current?.resize());
    void import("./engine").then(({ init }) => {
      if (gone || !element.current) return;
      chart.current ??= init(element.current);
      chart.current.off("click");
      chart.current.on("click", (event) => click.current?.(event as never));
      const tokens = readTokens();
      chart.current.setOption(
        { ...base(tokens, still ?? false), ...option(tokens) },
        { replaceMerge: ["series"] },
      );
      observer.observe(element.current);
    });
    return () => {
      gone = true;
      observer.disconnect();
    };
  }, [option, colorScheme, still]);
  useEffect(
    () => () => {
      chart.current?.dispose();
      chart.current = undefined;
    },
    [],
  );
  return <div ref={element} role="img" aria-label={label} style={{ width: "100%", height }} />;
}

function base(tokens: Tokens, still: boolean): EChartsCoreOption {
  return {
    animation: !still,
    animationDuration: 200,
    textStyle: { fontFamily: tokens.font, color: tokens.text },
    color: tokens.series,
    grid: { left: 8, right: 16, top: 36, bottom: 8, outerBoundsMode: "same" },
    tooltip: {
      trigger: "axis",
      backgroundColor: tokens.surface,
      borderColor: tokens.border,
      textStyle: { color: tokens.text },
      confine: true,
    },
  };
}
