/* The evidence over time, with the lines at which it is unusual and at which it is an alarm. */
import { Text } from "@mantine/core";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "@/charts/Chart";
import type { Tokens } from "@/charts/tokens";
import { useFormat } from "@/ui/format";
import type { ContextHistory } from "./queries";
import { evidenceOption } from "./signalOption";
import classes from "./TimeLines.module.css";
import type { Span } from "./timeline";
import { useLevel } from "./useWords";
import { amberLevel } from "./words";

const HEIGHT_PX = 130;

export function EvidenceLine({ history, span }: { history: ContextHistory; span: Span }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const tell = useLevel();
  const { evidence: given, context, marks } = history;
  const evidence = useMemo(
    () => given.map(([at, level]): [number, number] => [Date.parse(at ?? ""), level ?? 0]),
    [given],
  );
  const runLength = context.promise?.run_length;
  const words = useMemo(
    () => ({
      alarm: t("lines.alarmLine"),
      amber: t("lines.amberLine"),
      evidence: t("lines.evidence"),
      level: tell,
      tick: (value: number) => format.percent(value),
      moment: (at: number) => format.dateTime(new Date(at)),
    }),
    [t, format, tell],
  );
  const option = useCallback(
    (tokens: Tokens) =>
      evidenceOption({
        evidence,
        amber: runLength ? amberLevel(runLength) : null,
        words,
        span,
        marks,
        tokens,
      }),
    [evidence, runLength, words, span, marks],
  );
  const most = Math.max(0, ...evidence.map(([, level]) => level));
  return (
    <div className={classes.line}>
      <div className={classes.name}>
        <strong>{t("lines.evidence")}</strong>
        <Text span fz="sm" c="dimmed">
          {t("state.level")}
        </Text>
      </div>
      <Chart option={option} height={HEIGHT_PX} label={t("lines.evidenceTold", { most: tell(most) })} />
    </div>
  );
}
