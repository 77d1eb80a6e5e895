/* What is true of the image, from whom, and what was thought true before. */
import { Badge, Group, Stack, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useTelling } from "@/problems/useTelling";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import classes from "../ImagePage.module.css";
import type { Truth } from "./useImage";

/** How the image came to be labelled, which decides what its truth may say of a model. */
function TruthStream({ truth: { stream, inclusion_probability: chance } }: { truth: Truth }) {
  const { t } = useTranslation("images");
  const format = useFormat();
  const words = t(`truth.stream.${stream}`);
  if (chance === null || chance === undefined) return <>{words}</>;
  return <>{t("truth.chance", { stream: words, chance: format.percent(chance, 1) })}</>;
}

export function TruthHistory({ query }: { query: UseQueryResult<{ items: Truth[] }> }) {
  const { t } = useTranslation("images");
  const tell = useTelling();
  return (
    <Section title={t("truth.title")}>
      <Answer query={query} rows={2}>
        {({ items }) =>
          items.length ? (
            <Stack gap={0}>
              {items.map((truth) => (
                <Stack
                  key={truth.id}
                  gap={2}
                  className={classes.line}
                  data-old={truth.superseded_by !== null}
                >
                  <Group gap="xs">
                    <Text fw={600} style={{ overflowWrap: "anywhere" }}>
                      {tell(truth.target)}
                    </Text>
                    {truth.superseded_by !== null && (
                      <Badge color="none" variant="light" tt="none" radius="sm">
                        {t("truth.superseded")}
                      </Badge>
                    )}
                  </Group>
                  <Text fz="sm" c="dimmed">
                    {truth.label_schema} · {t(`truth.source.${truth.source}`)} ·{" "}
                    <TimeAgo at={truth.given_at} />
                    {" · "}
                    <TruthStream truth={truth} />
                    {truth.part_id && <> · {t("truth.part", { part: truth.part_id })}</>}
                  </Text>
                </Stack>
              ))}
            </Stack>
          ) : (
            <Text c="dimmed">{t("truth.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}
