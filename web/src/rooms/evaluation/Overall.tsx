/* The answer in one line, and every metric over all images with its interval. */
import { Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconHelpCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { type Evaluation, judgedBy, sitesOf } from "./queries";
import { SliceFigure } from "./SliceFigure";

export function Overall({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const nameOf = useMetricName();
  const { overall } = evaluation;
  const sites = sitesOf(evaluation);
  const judged = judgedBy(evaluation);
  const bad = sites.filter((site) => site.verdict === "not_satisfactory").map((site) => site.name);
  const verdict = evaluation.satisfactory_everywhere ? "everywhere" : bad.length ? "not" : "open";
  const { icon: Icon, colour } = LOOKS[verdict];
  const names = overall ? Object.keys(overall.metrics ?? {}).filter((name) => !name.includes(":")) : [];
  const ordered = [judged, ...names.filter((name) => name !== judged)].filter((name) => names.includes(name));
  return (
    <Section title={t("overall.title")} about={overall && counts(overall.n_images, overall.n_groups)}>
      <Stack>
        <Group gap="sm" wrap="nowrap" c={`var(--p-${colour})`} align="flex-start">
          <Icon size={30} aria-hidden style={{ flexShrink: 0 }} />
          <Text fz="xl" fw={650}>
            {t(`overall.${verdict}`, { sites: bad.join(", "), count: bad.length })}
          </Text>
        </Group>
        {overall && (
          <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 4 }} spacing="lg" component="dl" m={0}>
            {ordered.map((name) => (
              <div key={name}>
                <Text component="dt" fz="sm" c="dimmed">
                  {nameOf(name)}
                </Text>
                <dd style={{ margin: 0 }}>
                  <SliceFigure slice={overall} metric={name} />
                </dd>
              </div>
            ))}
          </SimpleGrid>
        )}
      </Stack>
    </Section>
  );
  function counts(images: number, groups: number): string {
    return t("slice.counts", { images: format.integer(images), groups: format.integer(groups) });
  }
}

const LOOKS = {
  everywhere: { icon: IconCircleCheck, colour: "good" },
  not: { icon: IconCircleX, colour: "bad" },
  open: { icon: IconHelpCircle, colour: "warn" },
} as const;
