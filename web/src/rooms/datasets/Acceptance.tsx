/* The acceptance rule in words: which metric, and from or up to where. */
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import type { AcceptanceRule } from "./queries";

export function Acceptance({ rule }: { rule: AcceptanceRule | null | undefined }) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const nameOf = useMetricName();
  if (!rule) return <>{t("acceptance.none")}</>;
  const metric = nameOf(rule.metric);
  return (
    <>
      {rule.at_least != null
        ? t("acceptance.atLeast", { metric, value: format.number(rule.at_least, 3) })
        : t("acceptance.atMost", { metric, value: format.number(rule.at_most ?? 0, 3) })}
    </>
  );
}
