/* The drawing of a claim's evidence: for it upwards, against it downwards, with the line at which each decides. */
import { axis, type Tokens } from "@/charts/tokens";
import type { Certificate } from "./queries";

export interface Words {
  labels: string;
  evidence: string;
  certified: string;
  violated: string;
  inFavour: string;
  against: string;
  odds: (logarithm: number) => string;
}

interface Drawing {
  certificate: Pick<Certificate, "path" | "log_threshold">;
  words: Words;
  tokens: Tokens;
}

/** So many times the height of a line is shown; evidence far beyond it tells nothing more. */
const SHOWN = 1.6;

type Path = NonNullable<Certificate["path"]>;

/** Return both sides of the path with heights that stay on the chart; evidence against goes downwards. */
export function drawnSides(path: Path, threshold: number) {
  const most = threshold * SHOWN;
  const height = (evidence: number) => Math.min(most, Math.max(0, evidence));
  return {
    inFavour: path.map(([labels, found]) => [labels, height(found)]),
    against: path.map(([labels, , found]) => [labels, -height(found)]),
  };
}

export function evidenceOption({ certificate, words, tokens }: Drawing) {
  const { log_threshold: threshold, path = [] } = certificate;
  const { inFavour, against } = drawnSides(path, threshold);
  const most = threshold * SHOWN;
  const line = (at: number, name: string, colour: string, position: string) => ({
    yAxis: at,
    label: {
      formatter: name,
      color: tokens.text,
      position,
      textBorderColor: tokens.surface,
      textBorderWidth: 3,
    },
    lineStyle: { color: colour, type: "solid", width: 2 },
  });
  const series = (name: string, points: number[][], colour: string, type: string) => ({
    name,
    type: "line",
    data: points,
    color: colour,
    lineStyle: { width: 2.5, type },
    showSymbol: false,
    symbol: "none",
  });
  return {
    legend: { top: 0, left: 0, itemWidth: 34, textStyle: { color: tokens.text } },
    grid: { left: 14, right: 18, top: 34, bottom: 4, outerBoundsMode: "same" },
    tooltip: {
      trigger: "axis",
      backgroundColor: tokens.surface,
      borderColor: tokens.border,
      textStyle: { color: tokens.text },
      confine: true,
      valueFormatter: (value: unknown) => (typeof value === "number" ? words.odds(Math.abs(value)) : "–"),
    },
    xAxis: axis(tokens, words.labels, { type: "value", min: 0, max: "dataMax", nameGap: 26 }),
    yAxis: axis(tokens, words.evidence, {
      type: "value",
      min: -most,
      max: most,
      nameGap: 12,
      axisLabel: { show: false },
      splitLine: { show: false },
    }),
    series: [
      {
        ...series(words.inFavour, inFavour, tokens.good, "solid"),
        markLine: {
          symbol: "none",
          silent: true,
          data: [
            line(threshold, words.certified, tokens.good, "insideStartTop"),
            line(-threshold, words.violated, tokens.bad, "insideStartBottom"),
          ],
        },
      },
      series(words.against, against, tokens.bad, "dashed"),
    ],
  };
}
