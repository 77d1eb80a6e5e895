/* Why the figures are what they are: what is taken for what, the choice of the score, and whether confidences
   can be believed; of all sites or of one. */
import { Select, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfusionMatrix } from "@/charts/ConfusionMatrix";
import { Reliability } from "@/charts/Reliability";
import { TruthAndAnswer } from "@/charts/TruthAndAnswer";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { type EvaluationCurves, curvesQuery } from "./curvesQuery";
import { PrecisionRecall } from "./PrecisionRecall";
import { type Evaluation, sitesOf } from "./queries";
import { Roc } from "./Roc";

/* A matrix of so many classes stands beside the curves; a larger one above them. */
const SMALL = 4;

export function Curves({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const [site, setSite] = useState<string | null>(null);
  const curves = useQuery(curvesQuery(evaluation.id, site));
  const picker = sitesOf(evaluation).length > 1 && (
    <Select
      aria-label={t("curves.site")}
      w={220}
      placeholder={t("curves.allSites")}
      clearable
      clearButtonProps={{ "aria-label": t("curves.allSites") }}
      data={sitesOf(evaluation).map((one) => ({ value: one.key, label: one.name }))}
      value={site}
      onChange={setSite}
    />
  );
  return (
    <Section title={t("curves.title")} about={t("curves.about")} actions={picker}>
      <Answer query={curves}>{(found) => <Charts curves={found} />}</Answer>
    </Section>
  );
}

function Charts({ curves }: { curves: EvaluationCurves }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const { confusion, precision_recall: recalls = [], roc = [], calibration = [] } = curves;
  const bins = calibration.map((bin) => ({ ...bin, low: bin.observed_low, high: bin.observed_high }));
  const pairs = (curves.truth_and_answer ?? []) as [number, number][];
  const small = confusion !== null && confusion !== undefined && confusion.counts.length <= SMALL;
  const matrix = confusion && (
    <Part title={t("curves.confusion")} about={t("curves.confusionAbout")}>
      <ConfusionMatrix
        names={confusion.nothing ? [...confusion.classes, t("curves.nothing")] : confusion.classes}
        counts={confusion.counts}
      />
    </Part>
  );
  return (
    <Stack gap="xl">
      {confusion && !small && matrix}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
        {small && matrix}
        {recalls.length > 0 && (
          <Part title={t("curves.precisionRecall")} about={operating()}>
            <PrecisionRecall curves={recalls} />
          </Part>
        )}
        {roc.length > 0 && (
          <Part title={t("curves.roc")} about={t("curves.rocAbout")}>
            <Roc curves={roc} />
          </Part>
        )}
        {bins.length > 0 && (
          <Part title={t("curves.reliability")} about={t("curves.reliabilityAbout")}>
            <Reliability
              bins={bins}
              xName={t("curves.confidence")}
              yName={t("curves.observed")}
              countName={t("curves.answers")}
              label={t("curves.reliabilityLabel", { count: bins.length })}
            />
          </Part>
        )}
        {pairs.length > 0 && (
          <Part title={t("curves.pairs")} about={t("curves.pairsAbout")}>
            <TruthAndAnswer
              pairs={pairs}
              xName={t("curves.truth")}
              yName={t("curves.answer")}
              label={t("curves.pairsLabel", { count: pairs.length })}
            />
          </Part>
        )}
      </SimpleGrid>
    </Stack>
  );
  function operating(): string {
    const point = curves.operating_point;
    if (!point || point.precision == null || point.recall == null) return t("curves.precisionRecallAbout");
    return t("curves.operatingAt", {
      score: format.metric(point.score),
      precision: format.metric(point.precision),
      recall: format.metric(point.recall),
    });
  }
}

function Part({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <div style={{ minWidth: 0 }}>
      <Title order={3} fz="md">
        {title}
      </Title>
      <Text fz="sm" c="dimmed" mb="sm">
        {about}
      </Text>
      {children}
    </div>
  );
}
