/* A target in words, in the person's language. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { Target } from "./contract";
import { problemOf } from "./registry";

export function useTelling(): (target: Target, unit?: string | null) => string {
  const { t } = useTranslation("problems");
  const format = useFormat();
  return useCallback(
    (target, unit) => problemOf(target)?.tell(target, { t, format, unit: unit ?? null }) ?? t("unknown"),
    [t, format],
  );
}
