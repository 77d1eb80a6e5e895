/* Numbers, times and sizes as the person's language writes them. Owns Intl; refuses hand-made formats. */
import { useTranslation } from "react-i18next";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
type When = string | Date;

export interface Format {
  integer(value: number): string;
  /** A metric between 0 and 1, three digits: 0.953 or 0,953. */
  metric(value: number): string;
  percent(value: number, digits?: number): string;
  number(value: number, digits?: number): string;
  bytes(value: number): string;
  /** Milliseconds, told in ms or s. */
  milliseconds(value: number): string;
  /** Seconds told as "2 min 5 s". */
  duration(seconds: number): string;
  date(value: When): string;
  dateTime(value: When): string;
  time(value: When): string;
  ago(value: When, now?: Date): string;
}

export function makeFormat(language: string): Format {
  const numbers = new Map<string, Intl.NumberFormat>();
  const number = (options: Intl.NumberFormatOptions) => {
    const key = JSON.stringify(options);
    const kept = numbers.get(key) ?? new Intl.NumberFormat(language, options);
    numbers.set(key, kept);
    return kept;
  };
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const unit = (value: number, name: string, digits = 0) =>
    number({ style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits }).format(value);
  const as = (value: When) => (typeof value === "string" ? new Date(value) : value);
  return {
    integer: (value) => number({ maximumFractionDigits: 0 }).format(value),
    metric: (value) => number({ minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value),
    percent: (value, digits = 0) => number({ style: "percent", maximumFractionDigits: digits }).format(value),
    number: (value, digits = 2) => number({ maximumFractionDigits: digits }).format(value),
    bytes: (value) => {
      const names = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
      const step = Math.min(Math.floor(Math.log10(Math.max(1, value)) / 3), names.length - 1);
      return unit(value / 1000 ** step, names[step] as string, step ? 1 : 0);
    },
    milliseconds: (value) => (value < 1000 ? unit(value, "millisecond") : unit(value / 1000, "second", 1)),
    duration: (seconds) => {
      const whole = Math.max(0, Math.round(seconds));
      const parts: [number, string][] = [
        [Math.floor(whole / 3600), "hour"],
        [Math.floor((whole % 3600) / 60), "minute"],
        [whole % 60, "second"],
      ];
      const first = parts.findIndex(([value]) => value > 0);
      const shown = first < 0 ? parts.slice(2) : parts.slice(first, first + 2);
      return shown.map(([value, name]) => unit(value, name)).join(" ");
    },
    date: (value) => date.format(as(value)),
    dateTime: (value) => dateTime.format(as(value)),
    time: (value) => time.format(as(value)),
    ago: (value, now = new Date()) => {
      const seconds = (as(value).getTime() - now.getTime()) / 1000;
      const [name, step] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
      return relative.format(Math.round(seconds / step), name);
    },
  };
}

/** Return a figure to four digits behind the point; one too small for that in powers of ten: 1.3 × 10⁻⁵. */
export function tellSmall(value: number, format: Format): string {
  if (value === 0 || Math.abs(value) >= 0.001) return format.number(value, 4);
  const [digits = "", power = ""] = value.toExponential(1).split("e");
  const raised = [...power].map((sign) => (sign === "-" ? "⁻" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)] ?? ""))).join("");
  return `${format.number(Number(digits), 1)} × 10${raised}`;
}

const formats = new Map<string, Format>();

/** Return the one format of a language: making Intl's formatters takes longer than using them. */
function formatOf(language: string): Format {
  const kept = formats.get(language) ?? makeFormat(language);
  formats.set(language, kept);
  return kept;
}

export function useFormat(): Format {
  const { i18n } = useTranslation();
  return formatOf(i18n.language);
}
