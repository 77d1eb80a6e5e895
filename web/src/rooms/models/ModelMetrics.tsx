/* What the trainer measured on its validation images; not what decides about a site. */
import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";

export function ModelMetrics({ metrics }: { metrics: Record<string, number> }) {
  const { t } = useTranslation("models");
  const format = useFormat();
  const nameOf = useMetricName();
  const values = Object.entries(metrics);
  return (
    <Section title={t("metrics.title")} about={t("metrics.about")}>
      {values.length ? (
        <Group component="dl" gap="xl" m={0}>
          {values.map(([name, value]) => (
            <div key={name}>
              <Text component="dt" fz="sm" c="dimmed">
                {nameOf(name)}
              </Text>
              <Text component="dd" m={0} fz="xl" fw={650} className="tabular">
                {format.number(value, value > 1 ? 0 : 3)}
              </Text>
            </div>
          ))}
        </Group>
      ) : (
        <Text c="dimmed">{t("metrics.none")}</Text>
      )}
    </Section>
  );
}
