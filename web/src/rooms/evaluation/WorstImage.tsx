/* One evaluated image: the picture with both targets over it, and what became of it in words. */
import { Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Target } from "@/problems/contract";
import { problemOf } from "@/problems/registry";
import { useTelling } from "@/problems/useTelling";
import { useFormat } from "@/ui/format";
import { OutcomeBadge } from "./OutcomeBadge";
import { OutlinedImage } from "./OutlinedImage";
import type { Item } from "./queries";
import classes from "./WorstImages.module.css";

interface Props {
  item: Item;
  thresholds: Record<string, unknown>;
}

export function WorstImage({ item, thresholds }: Props) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const tell = useTelling();
  const prediction = counted(item.prediction, thresholds);
  return (
    <Link to={`/images/${item.image_id}`} className={classes.card}>
      <Picture item={item} prediction={prediction} />
      <div className={classes.told}>
        <Group justify="space-between" gap="xs">
          <OutcomeBadge outcome={item.outcome} />
          <Text span fz="sm" c="dimmed">
            {item.site}
          </Text>
        </Group>
        <dl>
          <dt>{t("worst.truth")}</dt>
          <dd>{tell(item.truth)}</dd>
          <dt>{t("worst.prediction")}</dt>
          <dd>{tell(prediction)}</dd>
          <dt>{t("worst.loss")}</dt>
          <dd className="tabular">{format.number(item.loss, 3)}</dd>
        </dl>
      </div>
    </Link>
  );
}

/** Return the prediction without what lies below the score that counts. */
function counted(prediction: Target, thresholds: Record<string, unknown>): Target {
  const { boxes } = prediction;
  if (!Array.isArray(boxes)) return prediction;
  const from = problemOf(prediction)?.scoreFrom(thresholds) ?? 0;
  return {
    ...prediction,
    boxes: (boxes as { score?: number | null }[]).filter((box) => (box.score ?? 1) >= from),
  };
}

function Picture({ item, prediction }: { item: Item; prediction: Target }) {
  const { t } = useTranslation("evaluation");
  const shapes = [
    ...(problemOf(item.truth)?.shapesOf(item.truth, "truth") ?? []),
    ...(problemOf(prediction)?.shapesOf(prediction, "prediction") ?? []),
  ];
  return <OutlinedImage image={item.image_id} shapes={shapes} alt={t("worst.alt", { site: item.site })} />;
}
