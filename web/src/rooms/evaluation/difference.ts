/* A difference with its sign, and its interval. */
import type { Format } from "@/ui/format";
import type { Estimate } from "./queries";

/** Return the difference and its interval as they are read: +0.031, [+0.002; +0.060]. */
export function tellDifference(estimate: Estimate, format: Format): { value: string; range: string } {
  const signed = (value: number) =>
    `${value > 0 ? "+" : value < 0 ? "−" : ""}${format.metric(Math.abs(value))}`;
  const { value, low, high } = estimate;
  return {
    value: value == null ? "–" : signed(value),
    range: low == null || high == null ? "" : `[${signed(low)}; ${signed(high)}]`,
  };
}
