/* Metrics in words, and which of them are better when small. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

const ERRORS = new Set(["ece", "mae", "rmse", "escape_rate", "overkill_rate", "unsure_rate"]);

/** Say whether a smaller value is the better one. */
export function isError(metric: string): boolean {
  return ERRORS.has(metric) || metric.includes("loss");
}

/** Return a function that names a metric; `ap50:crack` becomes "AP50 · crack". */
export function useMetricName(): (metric: string) => string {
  const { t } = useTranslation();
  return useCallback(
    (metric: string) => {
      const on = /^(train|val)\.(.+)$/.exec(metric);
      if (on) return t(`metric_on.${on[1]}`, { metric: t(`metric.${on[2]}`, { defaultValue: on[2] }) });
      const [name = metric, of] = metric.split(":", 2);
      const word = t(`metric.${name}`, { defaultValue: name.replaceAll("_", " ") });
      return of === undefined ? word : `${word} · ${of}`;
    },
    [t],
  );
}
