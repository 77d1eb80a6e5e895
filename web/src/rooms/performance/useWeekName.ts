/* A week by the day it begins, which is a day at the site and no moment: no time zone moves it. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";

/** Return a function that names the week of a Monday ("2026-03-02"). */
export function useWeekName(): (monday: string) => string {
  const { t } = useTranslation("performance");
  const format = useFormat();
  return useCallback(
    (monday: string) => t("weeks.from", { day: format.date(`${monday}T00:00:00`) }),
    [t, format],
  );
}
