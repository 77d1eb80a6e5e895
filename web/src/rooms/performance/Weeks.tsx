/* What labels say week by week: one stream at a time, since only labels of one stream can be compared. */
import { Alert, Group, Input, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconChartDots, IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { isError, useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { type SitePerformance, sitePerformanceQuery } from "./queries";
import { metricsOf, streamsOf, weeksOf } from "./weeks";
import { WeeksChart } from "./WeeksChart";
import { WeeksTable } from "./WeeksTable";

/** Streams whose labels measure: drawn at random, or known beforehand. */
const MEASURES = ["audit", "seeded"];

export function Weeks({ site }: { site: string }) {
  const { t } = useTranslation("performance");
  const performance = useQuery(sitePerformanceQuery(site));
  return (
    <Section title={t("weeks.title")} about={t("weeks.about")}>
      <Answer query={performance} rows={4}>
        {(found) =>
          streamsOf(found.periods).length ? (
            <Chosen performance={found} />
          ) : (
            <EmptyState icon={IconChartDots} title={t("weeks.none.title")} text={t("weeks.none.text")} />
          )
        }
      </Answer>
    </Section>
  );
}

function Chosen({ performance: { periods, primary } }: { performance: SitePerformance }) {
  const { t } = useTranslation("performance");
  const nameOf = useMetricName();
  const [wantedStream, setStream] = useState<string | null>(null);
  const [wantedMetric, setMetric] = useState<string | null>(null);
  const streams = streamsOf(periods);
  const stream = streams.find((one) => one === wantedStream) ?? streams[0] ?? "audit";
  const metrics = metricsOf(periods, stream, primary);
  const metric = metrics.find((one) => one === wantedMetric) ?? metrics[0] ?? primary;
  const weeks = weeksOf(periods, stream, metric);
  return (
    <Stack>
      <Group gap="md" align="flex-end">
        <Input.Wrapper label={t("weeks.stream")} labelElement="div">
          <SegmentedControl
            aria-label={t("weeks.stream")}
            data={streams.map((one) => ({ value: one, label: t(`stream.${one}.word`) }))}
            value={stream}
            onChange={setStream}
            style={{ flexWrap: "wrap", display: "flex" }}
          />
        </Input.Wrapper>
        <Select
          label={t("weeks.metric")}
          w={180}
          data={metrics.map((one) => ({ value: one, label: nameOf(one) }))}
          value={metric}
          onChange={setMetric}
          allowDeselect={false}
        />
      </Group>
      {MEASURES.includes(stream) ? (
        <Text fz="sm" c="dimmed">
          {t(`stream.${stream}.about`)}
        </Text>
      ) : (
        <Alert color="warn" variant="light" icon={<IconInfoCircle aria-hidden />} p="sm">
          <Text c="var(--p-text)">{t(`stream.${stream}.about`)}</Text>
        </Alert>
      )}
      <WeeksChart weeks={weeks} metric={metric} isShare={!isError(metric)} />
      <WeeksTable weeks={weeks} metric={metric} />
    </Stack>
  );
}
