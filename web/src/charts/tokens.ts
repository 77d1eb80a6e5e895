/* The present theme's colours as plain values, for canvases. */
export interface Tokens {
  font: string;
  text: string;
  muted: string;
  surface: string;
  sunken: string;
  border: string;
  brand: string;
  good: string;
  bad: string;
  warn: string;
  info: string;
  none: string;
  truth: string;
  prediction: string;
  series: string[];
}

export function readTokens(): Tokens {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--p-${name}`).trim();
  return {
    font: read("font"),
    text: read("text"),
    muted: read("muted"),
    surface: read("surface"),
    sunken: read("sunken"),
    border: read("border"),
    brand: read("brand"),
    good: read("good"),
    bad: read("bad"),
    warn: read("warn"),
    info: read("info"),
    none: read("none"),
    truth: read("truth"),
    prediction: read("prediction"),
    series: [1, 2, 3, 4, 5, 6].map((number) => read(`series-${number}`)),
  };
}

/** Axes in the theme's colours; `name` stands at the axis. */
export function axis(tokens: Tokens, name: string, more: object = {}): object {
  return {
    name,
    nameLocation: "middle",
    nameGap: 30,
    nameTextStyle: { color: tokens.muted },
    axisLine: { lineStyle: { color: tokens.border } },
    axisLabel: { color: tokens.muted, hideOverlap: true },
    splitLine: { lineStyle: { color: tokens.border, opacity: 0.6 } },
    ...more,
  };
}
