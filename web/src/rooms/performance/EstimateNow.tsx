/* The newest estimates of one version, one a metric: a number with its mean past error, or why there is none. */
import { SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { useSaid } from "@/rooms/monitoring/useWords";
import { IntervalBar } from "@/ui/IntervalBar";
import { useMetricName } from "@/ui/metrics";
import classes from "./performance.module.css";
import type { Estimate } from "./queries";
import { maySay } from "./standing";
import { useWeekName } from "./useWeekName";

export function EstimateNow({ estimates }: { estimates: Estimate[] }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const weekName = useWeekName();
  const first = estimates[0];
  if (!first) return null;
  return (
    <Stack gap="xs">
      <Text c="dimmed" fz="sm">
        {t("estimates.week", {
          week: weekName(first.week),
          version: `${first.model.name}:${first.model.number}`,
          count: first.n_images,
          shown: format.integer(first.n_images),
        })}
        {first.support_share !== null &&
          ` ${t("estimates.support", { share: format.percent(first.support_share, 1) })}`}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
        {estimates.map((one) => (
          <One key={one.metric} estimate={one} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

export function One({ estimate }: { estimate: Estimate }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const nameOf = useMetricName();
  const { metric, value, low, high, mean_past_error: off, past_errors: past } = estimate;
  return (
    <div className={classes.estimate} data-testid="estimate">
      <Text fz="sm" c="dimmed" fw={600}>
        {nameOf(metric)}
      </Text>
      {maySay(estimate) ? (
        <>
          <IntervalBar interval={{ value, low, high }} label={nameOf(metric)} />
          <Text fz="sm" mt={6}>
            {t("estimates.off", {
              count: past.length,
              off: format.metric(off ?? 0),
              shown: format.integer(past.length),
            })}
          </Text>
        </>
      ) : (
        <WhyNot estimate={estimate} />
      )}
    </div>
  );
}

function WhyNot({ estimate }: { estimate: Estimate }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const say = useSaid();
  const { why_not: why, why_not_said: said, labels_needed: needed } = estimate;
  return (
    <>
      <Text fw={600}>{t(said?.code === "estimate.untried" ? "estimates.untried" : "estimates.not")}</Text>
      <Text fz="sm">{say(said, why)}</Text>
      {needed !== null && needed > 0 && (
        <Text fz="sm" fw={600}>
          {t("estimates.label", { count: needed, shown: format.integer(needed) })}
        </Text>
      )}
    </>
  );
}
