/* What the version was made of: its run, its dataset version, the models before it, nearest first. */
import { Anchor, Text, ThemeIcon, Timeline } from "@mantine/core";
import { IconCpu, IconDatabase, IconTimeline } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { Section } from "@/ui/Section";
import { lineageQuery, type ModelVersion } from "./queries";

const KINDS = {
  run: { icon: IconTimeline, to: "/runs/" },
  dataset_version: { icon: IconDatabase, to: "/dataset-versions/" },
  model_version: { icon: IconCpu, to: "/models/" },
} as const;

export function Lineage({ model }: { model: ModelVersion }) {
  const { t } = useTranslation("models");
  const lineage = useQuery(lineageQuery(model.id));
  return (
    <Section title={t("lineage.title")} about={t("lineage.about")}>
      <Answer query={lineage} rows={3}>
        {({ steps }) =>
          steps.length ? (
            <Timeline bulletSize={32} lineWidth={2} color="none">
              {steps.map(({ kind, id, text }) => {
                const { icon: Icon, to } = KINDS[kind];
                return (
                  <Timeline.Item
                    key={id}
                    bullet={
                      <ThemeIcon variant="light" color="brand" size={32} radius="xl">
                        <Icon size={18} aria-hidden />
                      </ThemeIcon>
                    }
                    title={
                      <Anchor component={Link} to={to + id}>
                        {t(`lineage.${kind}`)}
                      </Anchor>
                    }
                  >
                    <Text c="dimmed" fz="sm" style={{ overflowWrap: "anywhere" }}>
                      {shorten(text)}
                    </Text>
                  </Timeline.Item>
                );
              })}
            </Timeline>
          ) : (
            <Text c="dimmed">{t("lineage.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}

/** Return the text with its long hashes cut to what the eye can hold. */
function shorten(text: string): string {
  return text.replace(/\b([0-9a-f]{12})[0-9a-f]{20,}\b/g, "$1…");
}
