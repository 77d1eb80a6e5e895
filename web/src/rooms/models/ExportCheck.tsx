/* How far the exported network is from the trained one: the largest difference of each output. */
import { Group, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Facts } from "@/ui/Facts";
import { tellSmall, useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";

export function ExportCheck({ manifest }: { manifest: Record<string, unknown> | undefined }) {
  const { t } = useTranslation("models");
  const format = useFormat();
  const parity = Object.entries((manifest?.parity ?? {}) as Record<string, unknown>);
  return (
    <Section title={t("parity.title")} about={t("parity.about")}>
      {parity.length ? (
        <>
          <Group gap="xs" mb="xs" c="var(--p-good)" wrap="nowrap">
            <IconCircleCheck size={20} aria-hidden />
            <Text span fw={600}>
              {t("parity.passed")}
            </Text>
          </Group>
          <Facts
            facts={parity.map(([name, value]) => [
              t("parity.output", { name }),
              typeof value === "number" ? tellSmall(value, format) : String(value),
            ])}
          />
        </>
      ) : (
        <Text c="dimmed">{t("parity.none")}</Text>
      )}
    </Section>
  );
}
