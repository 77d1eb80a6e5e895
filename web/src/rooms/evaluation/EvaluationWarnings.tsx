/* What flatters the figures: images that the model had learnt from. */
import { Alert, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { Evaluation } from "./queries";

export function EvaluationWarnings({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const seen = evaluation.seen_in_training;
  if (!seen || seen.images + seen.groups === 0) return null;
  return (
    <Alert color="warn" variant="light" icon={<IconAlertTriangle aria-hidden />} title={t("seen.title")}>
      <Text c="var(--p-text)">
        {t("seen.text", { images: format.integer(seen.images), groups: format.integer(seen.groups) })}
      </Text>
    </Alert>
  );
}
