/* What "satisfactory" means: a metric and its limit, at every site; or nothing yet. */
import { Group, Input, NumberInput, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { isError, useMetricName } from "@/ui/metrics";
import type { AcceptanceRule } from "./queries";

const METRICS: Record<string, string[]> = {
  classification: ["balanced_accuracy", "auroc", "accuracy", "f1", "escape_rate", "overkill_rate"],
  detection: ["map50", "map33", "map", "f1", "recall", "precision", "escape_rate", "overkill_rate"],
  regression: ["mae", "rmse", "r2"],
};
const USUAL = { share: 0.9, error: 0.05 };

interface Props {
  problem: string | undefined;
  rule: AcceptanceRule | null;
  onChange: (rule: AcceptanceRule | null) => void;
}

export function AcceptanceFields({ problem, rule, onChange }: Props) {
  const { t } = useTranslation("datasets");
  const nameOf = useMetricName();
  const metrics = METRICS[problem ?? ""] ?? [];
  const set = (metric: string, value: number) =>
    onChange(isError(metric) ? { metric, at_most: value } : { metric, at_least: value });
  const limit = rule?.at_least ?? rule?.at_most;
  return (
    <Input.Wrapper
      label={t("acceptance.word")}
      description={t("acceptance.about")}
      labelElement="div"
      size="md"
    >
      <Group gap="sm" mt={6} grow preventGrowOverflow={false} align="flex-end">
        <Select
          label={t("acceptance.metric")}
          placeholder={t("acceptance.none")}
          clearable
          clearButtonProps={{ "aria-label": t("acceptance.clear") }}
          disabled={!metrics.length}
          data={metrics.map((metric) => ({ value: metric, label: nameOf(metric) }))}
          value={rule && metrics.includes(rule.metric) ? rule.metric : null}
          onChange={(metric) =>
            metric ? set(metric, isError(metric) ? USUAL.error : USUAL.share) : onChange(null)
          }
        />
        <NumberInput
          label={t(rule && isError(rule.metric) ? "acceptance.limitMost" : "acceptance.limitLeast")}
          disabled={!rule}
          min={0}
          step={0.01}
          decimalScale={4}
          value={limit ?? ""}
          onChange={(value) => rule && set(rule.metric, Number(value))}
        />
      </Group>
    </Input.Wrapper>
  );
}
