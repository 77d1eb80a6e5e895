/* The answer of a comparison in a line, and the two figures over all images. */
import { Anchor, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconHelpCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { SignBadge } from "@/ui/Badges";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { tellDifference } from "./difference";
import type { Comparison, Evaluation } from "./queries";

interface Props {
  comparison: Comparison;
  champion: Evaluation;
  challenger: Evaluation;
}

export function ComparisonVerdict({ comparison, champion, challenger }: Props) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const nameOf = useMetricName();
  const { worse_at: worse, sites, overall } = comparison;
  const better = sites.filter((site) => site.verdict === "better").map((site) => site.name);
  const few = sites.every((site) => site.verdict === "too_few");
  const verdict = worse.length ? "worse" : better.length ? "better" : few ? "few" : "same";
  const { icon: Icon, colour } = LOOKS[verdict];
  const figure = (value: number | null | undefined) => (value == null ? "–" : format.metric(value));
  return (
    <Section
      title={t("compare.verdict")}
      about={t("compare.paired", {
        metric: nameOf(comparison.metric),
        images: format.integer(comparison.n_images),
      })}
    >
      <Stack>
        <Group gap="sm" wrap="nowrap" c={`var(--p-${colour})`} align="flex-start">
          <Icon size={30} aria-hidden style={{ flexShrink: 0 }} />
          <Text fz="xl" fw={650}>
            {t(`compare.${verdict}`, {
              sites: (verdict === "worse" ? worse : better).join(", "),
              count: verdict === "worse" ? worse.length : better.length,
            })}
          </Text>
        </Group>
        {overall && (
          <SimpleGrid cols={{ base: 1, sm: 3 }} component="dl" m={0}>
            <Figure name={t("compare.champion")} value={figure(overall.champion)} to={champion} />
            <Figure name={t("compare.challenger")} value={figure(overall.challenger)} to={challenger} />
            <div>
              <Text component="dt" fz="sm" c="dimmed">
                {t("compare.difference")}
              </Text>
              <dd style={{ margin: 0 }}>
                <Text fz={26} fw={650} className="tabular">
                  {tellDifference(overall.difference, format).value}
                </Text>
                <Group gap="xs">
                  <Text span fz="sm" c="dimmed" className="tabular">
                    {tellDifference(overall.difference, format).range}
                  </Text>
                  <SignBadge value={overall.verdict} />
                </Group>
              </dd>
            </div>
          </SimpleGrid>
        )}
      </Stack>
    </Section>
  );
}

const LOOKS = {
  worse: { icon: IconCircleX, colour: "bad" },
  better: { icon: IconCircleCheck, colour: "good" },
  same: { icon: IconHelpCircle, colour: "warn" },
  few: { icon: IconHelpCircle, colour: "info" },
} as const;

function Figure({ name, value, to }: { name: string; value: string; to: Evaluation }) {
  return (
    <div>
      <Text component="dt" fz="sm" c="dimmed">
        {name}
      </Text>
      <dd style={{ margin: 0 }}>
        <Text fz={26} fw={650} className="tabular">
          {value}
        </Text>
        <Anchor component={Link} to={`/evaluations/${to.id}`} fz="sm">
          {to.model_name}:{to.model_number}
        </Anchor>
      </dd>
    </div>
  );
}
