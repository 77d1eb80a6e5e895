/* What is expected without labels: a number only beside how far such numbers were off, or why there is none. */
import { Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { EstimateNow } from "./EstimateNow";
import { PastErrors } from "./PastErrors";
import { type Estimate, estimatesQuery } from "./queries";
import { latestModel, newestEstimates } from "./standing";

export function Estimates({ site }: { site: string }) {
  const { t } = useTranslation("performance");
  const estimates = useQuery(estimatesQuery(site));
  return (
    <Section title={t("estimates.title")} about={t("estimates.about")}>
      <Answer query={estimates} rows={3}>
        {(found) =>
          found.length ? <Chosen estimates={found} /> : <Text c="dimmed">{t("estimates.none")}</Text>
        }
      </Answer>
    </Section>
  );
}

function Chosen({ estimates }: { estimates: Estimate[] }) {
  const { t } = useTranslation("performance");
  const nameOf = useMetricName();
  const [wanted, setWanted] = useState<string | null>(null);
  const versions = [...new Map(estimates.map(({ model }) => [model.id, model])).values()];
  const model = wanted ?? latestModel(estimates);
  const newest = newestEstimates(estimates, model);
  const [metric, setMetric] = useState("f1");
  const shown = newest.find((one) => one.metric === metric) ?? newest[0];
  return (
    <Stack gap="lg">
      {versions.length > 1 && (
        <Select
          label={t("estimates.version")}
          w={{ base: "100%", xs: 240 }}
          data={versions.map(({ id, name, number }) => ({ value: id, label: `${name}:${number}` }))}
          value={model ?? null}
          onChange={setWanted}
          allowDeselect={false}
        />
      )}
      <EstimateNow estimates={newest} />
      {shown && shown.past_errors.length > 0 ? (
        <Stack gap="sm">
          <Select
            label={t("estimates.past.metric")}
            w={{ base: "100%", xs: 240 }}
            data={newest.map((one) => ({ value: one.metric, label: nameOf(one.metric) }))}
            value={shown.metric}
            onChange={(chosen) => setMetric(chosen ?? "f1")}
            allowDeselect={false}
          />
          <PastErrors estimate={shown} />
        </Stack>
      ) : (
        <Text c="dimmed">{t("estimates.past.none")}</Text>
      )}
    </Stack>
  );
}
