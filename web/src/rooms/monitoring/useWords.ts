/* Signals, units, reasons and promises in the person's language. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { Promised } from "./queries";
import { type Said, tellValues } from "./said";
import { paceOf, wordOf } from "./words";

/** Return a function that names a channel; one that nobody foresaw keeps its own name. */
export function useChannelName(): (channel: string) => string {
  const { t } = useTranslation("monitoring");
  return useCallback(
    (channel: string) => {
      const { key, of, part } = wordOf(channel);
      const name = t(`channel.${key}`, { of, defaultValue: channel });
      return part ? t(`part.${part}`, { channel: name }) : name;
    },
    [t],
  );
}

/** Return a function that names a unit; "" for a number without one. */
export function useUnitName(): (unit: string) => string {
  const { t } = useTranslation("monitoring");
  return useCallback(
    (unit: string) => (unit ? t(`unit.${unit.replaceAll(" ", "_")}`, { defaultValue: unit }) : ""),
    [t],
  );
}

/** Return a function that says a sentence of the hub in the person's language; the English one where its code or a value
    is missing. */
export function useSaid(): (said: Said | null | undefined, english: string | null | undefined) => string {
  const { t, i18n } = useTranslation("monitoring");
  const format = useFormat();
  const channel = useChannelName();
  return useCallback(
    (said, english) => {
      if (!said) return english ?? "";
      const list = (names: string[]) => new Intl.ListFormat(i18n.language).format(names);
      const word = (name: string) => t(`said.word.${name}`, { defaultValue: name.replaceAll("_", " ") });
      const values = tellValues(said.values, { format, channel, word, list });
      const told = t(`said.${said.code}`, { ...values, defaultValue: english ?? "" });
      return told.includes("{{") ? (english ?? "") : told;
    },
    [t, i18n.language, format, channel],
  );
}

/** Return a function that tells a reason of the gate or of closeness; `words` for a code that is not known. */
export function useReason(): (code: string, words: string) => string {
  const { t } = useTranslation("monitoring");
  return useCallback(
    (code: string, words: string) => {
      const field = /^fingerprint_(.+)$/.exec(code)?.[1];
      if (!field) return t(`reason.${code}`, { defaultValue: words });
      return t("reason.fingerprint", {
        field: t(`channel.fingerprint.${field}`, { defaultValue: field.replaceAll("_", " ") }),
      });
    },
    [t],
  );
}

/** Return a function that tells how often a watch may alarm although nothing changed. */
export function usePromise(): (promise: Promised) => string {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  return useCallback(
    ({ run_length, unit, unit_images, years }: Promised) => {
      const promise = t(`promise.${unit}`, {
        length: format.integer(run_length),
        size: format.integer(unit_images ?? 1),
      });
      if (!years) return t("promise.alone", { promise });
      const pace = paceOf(years);
      const count = pace.count >= 10 ? Math.round(pace.count) : Math.round(pace.count * 10) / 10;
      return t(`promise.${pace.in}`, { promise, count, shown: format.number(count, 1) });
    },
    [t, format],
  );
}

const ITSELF = new Set(["the watch itself", "the probe", "the table of causes"]);

/** Return a function that names who did something: a person as they are called, parts of the watch in words. */
export function usePerson(): (name: string) => string {
  const { t } = useTranslation("monitoring");
  return useCallback((name: string) => (ITSELF.has(name) ? t("history.itself") : name), [t]);
}

/** Return a function that tells how near the alarm evidence is; beyond it, how many times over. */
export function useLevel(): (level: number) => string {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  return useCallback(
    (level: number) =>
      level <= 1
        ? format.percent(level)
        : t("state.times", { times: format.number(level, level < 10 ? 1 : 0) }),
    [t, format],
  );
}
