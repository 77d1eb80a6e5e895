/* Everything that models said of the image; one of them is drawn. */
import { Group, Radio, Stack, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useTelling } from "@/problems/useTelling";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import classes from "../ImagePage.module.css";
import type { Prediction } from "./useImage";

interface Props {
  query: UseQueryResult<{ items: Prediction[] }>;
  /** The id of the one that is drawn; "" when none is. */
  drawn: string;
  onDraw: (id: string) => void;
}

export function PredictionList({ query, drawn, onDraw }: Props) {
  const { t } = useTranslation("images");
  return (
    <Section title={t("predictions.title")} about={t("predictions.about")}>
      <Answer query={query} rows={2}>
        {({ items }) =>
          items.length ? (
            <Radio.Group value={drawn} onChange={onDraw} aria-label={t("predictions.draw")}>
              <Stack gap={0}>
                {items.map((prediction) => (
                  <PredictionLine key={prediction.id} prediction={prediction} />
                ))}
                <Radio value="" label={t("predictions.drawNone")} py={12} />
              </Stack>
            </Radio.Group>
          ) : (
            <Text c="dimmed">{t("predictions.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}

function PredictionLine({ prediction }: { prediction: Prediction }) {
  const { t } = useTranslation("images");
  const format = useFormat();
  const tell = useTelling();
  const { model, decision, at, station, latency_ms: latency } = prediction;
  const said = tell(prediction.prediction);
  return (
    <Group className={classes.line} wrap="nowrap" align="flex-start">
      <Radio
        value={prediction.id}
        mt={4}
        aria-label={t("predictions.drawThis", { model: `${model.name} ${model.number}`, said })}
      />
      <Stack gap={2} miw={0} flex={1}>
        <Group gap="xs">
          <SignBadge value={decision} />
          <Text fw={600}>
            <Link to={`/models/${model.id}` as string}>
              {model.name} {model.number}
            </Link>
          </Text>
        </Group>
        <Text style={{ overflowWrap: "anywhere" }}>{said}</Text>
        <Text fz="sm" c="dimmed" className="tabular">
          {station} · <TimeAgo at={at} />
          {latency?.total !== undefined && <> · {format.milliseconds(Math.round(latency.total))}</>}
        </Text>
      </Stack>
    </Group>
  );
}
