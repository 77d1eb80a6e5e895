/* The images at which the model erred most: truth beside prediction, by site and by what became of the piece. */
import { Group, Select, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { MoreButton } from "@/ui/MoreButton";
import { Section } from "@/ui/Section";
import { type Evaluation, type Outcome, OUTCOMES, sitesOf, useItems } from "./queries";
import { WorstImage } from "./WorstImage";
import classes from "./WorstImages.module.css";

export function WorstImages({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const [site, setSite] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  const items = useItems(evaluation.id, site ?? undefined, (outcome as Outcome | null) ?? undefined);
  const counts = (evaluation.summary?.outcomes ?? {}) as Partial<Record<Outcome, number>>;
  const thresholds = (evaluation.summary?.thresholds ?? {}) as Record<string, unknown>;
  const filters = (
    <Group gap="sm">
      <Select
        aria-label={t("worst.outcome")}
        placeholder={t("worst.all")}
        w={230}
        clearable
        clearButtonProps={{ "aria-label": t("worst.all") }}
        data={OUTCOMES.map((one) => ({
          value: one,
          label:
            counts[one] === undefined
              ? t(`outcome.${one}`)
              : `${t(`outcome.${one}`)} (${format.integer(counts[one])})`,
        }))}
        value={outcome}
        onChange={setOutcome}
      />
      {sitesOf(evaluation).length > 1 && (
        <Select
          aria-label={t("curves.site")}
          placeholder={t("curves.allSites")}
          w={200}
          clearable
          clearButtonProps={{ "aria-label": t("curves.allSites") }}
          data={sitesOf(evaluation).map((one) => ({ value: one.key, label: one.name }))}
          value={site}
          onChange={setSite}
        />
      )}
    </Group>
  );
  return (
    <Section title={t("worst.title")} about={t("worst.about")} actions={filters}>
      <Answer query={items}>
        {(rows) =>
          rows.length ? (
            <>
              <ul className={classes.grid}>
                {rows.map((item) => (
                  <li key={item.image_id}>
                    <WorstImage item={item} thresholds={thresholds} />
                  </li>
                ))}
              </ul>
              <MoreButton query={items} />
            </>
          ) : (
            <Text c="dimmed">{t("worst.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}
