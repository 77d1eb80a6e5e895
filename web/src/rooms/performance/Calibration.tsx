/* How far a score can be taken at its word at this site, class by class, from labels drawn at random. */
import { Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Reliability as Plot } from "@/charts/Reliability";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { calibrationQuery, type Reliability } from "./queries";

export function Calibration({ site }: { site: string }) {
  const { t } = useTranslation("performance");
  const calibration = useQuery(calibrationQuery(site));
  const first = calibration.data?.[0];
  const about = first
    ? t("calibration.aboutVersion", { version: `${first.model.name}:${first.model.number}` })
    : t("calibration.about");
  return (
    <Section title={t("calibration.title")} about={about}>
      <Answer query={calibration} rows={3}>
        {(classes) =>
          classes.length ? (
            <Stack>
              <Text fz="sm">{t(first?.recalibrated ? "calibration.own" : "calibration.notOwn")}</Text>
              <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="xl">
                {classes.map((one) => (
                  <OfClass key={one.label_class} reliability={one} />
                ))}
              </SimpleGrid>
            </Stack>
          ) : (
            <EmptyState
              icon={IconScale}
              title={t("calibration.none.title")}
              text={t("calibration.none.text")}
            />
          )
        }
      </Answer>
    </Section>
  );
}

function OfClass({ reliability }: { reliability: Reliability }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const { label_class: name, bins, error, error_low: low, error_high: high, n } = reliability;
  const drawn = useMemo(
    () =>
      bins.map((bin) => ({
        confidence: bin.score,
        observed: bin.share,
        low: bin.low,
        high: bin.high,
        n: bin.n,
      })),
    [bins],
  );
  const told =
    error === null || low === null || high === null
      ? t("calibration.tooFew", { count: n, shown: format.integer(n) })
      : t("calibration.error", {
          error: format.metric(error),
          low: format.metric(low),
          high: format.metric(high),
          count: n,
          shown: format.integer(n),
        });
  return (
    <div>
      <Group gap="xs" mb={2}>
        <Title order={3} fz="md">
          {name}
        </Title>
      </Group>
      <Text fz="sm" c="dimmed">
        {told}
      </Text>
      <Plot
        bins={drawn}
        xName={t("calibration.score")}
        yName={t("calibration.share")}
        countName={t("calibration.answers")}
        label={`${name}: ${told}`}
        height={260}
      />
    </div>
  );
}
