/* Which text tells a signal, a unit, a number of the evidence, a promise. Pure: keys and values in, no language. */

import type { Format } from "@/ui/format";

export interface Word {
  key: string;
  /** What the text speaks of: a class, an axis. */
  of?: string;
  /** The part of a lot's record: mean, std, q10, q90. */
  part?: string;
}

const PARTS = ["mean", "std", "q10", "q90"];

/** Return how a channel is told: `predictions.boxes.open` is "boxes_of" of "open". */
export function wordOf(channel: string): Word {
  const [group = "", ...rest] = channel.split(".");
  const last = rest.at(-1) ?? "";
  const part = rest.length > 1 && PARTS.includes(last) ? last : undefined;
  const [name = "", ...tail] = part ? rest.slice(0, -1) : rest;
  const of = tail.join(".");
  const axis = /^axis(\d+)$/.exec(name);
  const word: Word = axis?.[1]
    ? { key: `${group}.axis`, of: axis[1] }
    : of
      ? { key: `${group}.${name}_of`, of }
      : { key: `${group}.${name}` };
  return part ? { ...word, part } : word;
}

export type NumberKind = "share" | "count" | "plain";

export interface Told {
  name: string;
  kind: NumberKind;
  value: number;
  low?: number;
  high?: number;
  /** The name is that of a channel. */
  channel?: boolean;
}

const SHARES = new Set(["repeated", "lost", "share", "before", "after", "explained", "dead", "unlike"]);
const COUNTS = new Set(["images", "different", "fields", "sites"]);

/** Return the numbers of an evidence line in the order they are read; an interval stands with its change. */
export function tellNumbers(code: string, numbers: Record<string, number>): Told[] {
  const [fact = ""] = code.split(".");
  const { low, high, ...others } = numbers;
  const told = Object.entries(others).map(([name, value]): Told => {
    if (name.includes(".")) return { name, kind: "plain", value, channel: true };
    if (COUNTS.has(name)) return { name, kind: "count", value };
    const isShare = SHARES.has(name) || (name === "change" && fact !== "agreement");
    return { name, kind: isShare ? "share" : "plain", value };
  });
  if (low === undefined || high === undefined) return told;
  const changed = told.find(({ name }) => name === "change");
  if (changed) Object.assign(changed, { low, high });
  else if (numbers["before"] !== undefined && numbers["after"] !== undefined)
    told.push({ name: "change", kind: "share", value: numbers["after"] - numbers["before"], low, high });
  return told;
}

export interface Signature {
  kind: string;
  strength: string;
}

/** Return the kinds of a signature with their strengths: "gamma + blur" and "gamma 1.15 + blur of 0.8 px". */
export function readSignature(kinds: string | null, words: string | null): Signature[] {
  if (!kinds) return [];
  const told = (words ?? "").split(" + ");
  return kinds.split(" + ").map((name, place) => {
    const strength = /[+-]?\d+(?:\.\d+)?%?/.exec(told[place] ?? "")?.[0] ?? "";
    // A golden part tells the share of light that a spot takes; other parts only its grey levels.
    return { kind: name === "spot" && !strength.endsWith("%") ? "spot_grey" : name, strength };
  });
}

/** Return the fields and values of "container: PNG, mode: L"; a value keeps its own commas. */
export function readPairs(found: string): [string, string][] {
  return found.split(/, (?=[a-z_]+: )/).map((pair) => {
    const at = pair.indexOf(": ");
    return [pair.slice(0, at), pair.slice(at + 2)];
  });
}

/** Return a strength such as "+12%" or "0.8" with its number as the language writes it. */
export function tellStrength(
  strength: string,
  { number, percent }: Pick<Format, "number" | "percent">,
): string {
  const value = Number(strength.replace("%", ""));
  if (strength === "" || Number.isNaN(value)) return strength;
  const told = strength.endsWith("%") ? percent(value / 100, 1) : number(value, 3);
  return strength.startsWith("+") ? `+${told}` : told;
}

const AMBER_PART = 1 / 60;
const SHORTEST_AMBER = 100;

/** Return at which level, as a share of the alarm's, a watch counts as unusual. */
export function amberLevel(runLength: number): number {
  return Math.log(Math.max(runLength * AMBER_PART, SHORTEST_AMBER)) / Math.log(runLength);
}

/** Return evidence that is kept as a natural logarithm, as the number that it is; null where that has no end. */
export function oddsOf(logEvidence: number): number | null {
  const odds = Math.exp(logEvidence);
  return odds < 1e15 ? Math.max(0, odds) : null;
}

/** Return how long a promise reaches, in the unit that reads best. */
export function paceOf(years: number): { in: "years" | "days"; count: number } {
  return years >= 1 ? { in: "years", count: years } : { in: "days", count: years * 365.25 };
}
