/* What the hub says in a sentence, from its code and values: each value told as its name asks for. Pure. */
import type { Schemas } from "@/api/client";
import type { Format } from "@/ui/format";

export type Said = Schemas["Said"];
type Value = NonNullable<Said["values"]>[string];

export interface Telling {
  format: Format;
  /** The name of a signal. */
  channel: (name: string) => string;
  /** A word that a sentence is filled with: "labelled images". */
  word: (name: string) => string;
  /** Several names as one list. */
  list: (names: string[]) => string;
}

const SHARES = new Set(["share", "least_share", "doubt", "most_doubt"]);
const WORDS = new Set(["unit", "side", "metric"]);
const DIGITS: Record<string, number> = { size: 1, limit: 3, least: 3, most: 3 };
const MIDDLE = 2;

/** Return the values as texts: shares in percent, days as dates, counts whole, others to a few digits. */
export function tellValues(values: Said["values"], telling: Telling): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, tellValue(name, value, telling)]),
  );
}

function tellValue(name: string, value: Value, { format, channel, word, list }: Telling): string {
  if (value === null) return "–";
  if (Array.isArray(value)) return list(name === "channels" ? value.map(channel) : value);
  if (typeof value === "string") {
    if (name === "week") return format.date(`${value}T00:00:00`);
    return WORDS.has(name) ? word(value.replaceAll(" ", "_")) : value;
  }
  if (SHARES.has(name)) return format.percent(value, 1);
  return Number.isInteger(value) && !(name in DIGITS)
    ? format.integer(value)
    : format.number(value, DIGITS[name] ?? MIDDLE);
}
