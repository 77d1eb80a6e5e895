/* Where the image was used: dataset versions, and the models that learnt from it or were measured with it. */
import { Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { Section } from "@/ui/Section";
import classes from "../ImagePage.module.css";
import { useLineage } from "./useImage";

export function LineageList({ image }: { image: string }) {
  const { t } = useTranslation("images");
  const query = useLineage(image);
  return (
    <Section title={t("lineage.title")}>
      <Answer query={query} rows={2}>
        {({ datasets, models }) =>
          datasets.length + models.length ? (
            <Stack gap={0}>
              {datasets.map((dataset) => (
                <Group key={dataset.version_id} className={classes.line} justify="space-between" gap="xs">
                  <Link to={`/dataset-versions/${dataset.version_id}` as string}>
                    {t("lineage.dataset", { name: dataset.slug, number: dataset.number })}
                  </Link>
                  <Text c="dimmed">{t(`lineage.split.${dataset.split}`)}</Text>
                </Group>
              ))}
              {models.map((model) => (
                <Group
                  key={`${model.id} ${model.how}`}
                  className={classes.line}
                  justify="space-between"
                  gap="xs"
                >
                  <Link to={`/models/${model.id}` as string}>
                    {model.name} {model.number}
                  </Link>
                  <Text c="dimmed">{t(`lineage.how.${model.how}`)}</Text>
                </Group>
              ))}
            </Stack>
          ) : (
            <Text c="dimmed">{t("lineage.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}
