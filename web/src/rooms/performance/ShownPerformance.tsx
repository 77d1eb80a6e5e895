/* The short form for the page of a site: what is certified, what labels are owed, what is expected meanwhile. */
import { Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import { One } from "./EstimateNow";
import { type Certificate, type SiteStanding, standingsQuery } from "./queries";
import { signOf, wordOf } from "./standing";
import { useWeekName } from "./useWeekName";

export function ShownPerformance({ site }: { site: string }) {
  const { t } = useTranslation("performance");
  const standings = useQuery(standingsQuery);
  const here = standings.data?.find((one) => one.site === site);
  return (
    <Section
      title={t("shown.title")}
      about={t("shown.about")}
      actions={
        <Button
          component={Link}
          to={`/sites/${site}/performance`}
          variant="default"
          rightSection={<IconArrowRight size={18} aria-hidden />}
        >
          {t("shown.open")}
        </Button>
      }
    >
      <Answer query={standings} rows={2}>
        {() => here && <Short standing={here} />}
      </Answer>
    </Section>
  );
}

function Short({ standing }: { standing: SiteStanding }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const weekName = useWeekName();
  const { certificates, labels_owed: owed, last_label_at: last, estimate } = standing;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl">
      <Stack gap="md">
        {certificates.length === 0 && <Text>{t("shown.noClaim")}</Text>}
        {certificates.map((one) => (
          <Claim key={one.id} certificate={one} />
        ))}
        <Facts
          facts={[
            [
              t("shown.owed"),
              owed > 0
                ? t("shown.owedCount", { count: owed, shown: format.integer(owed) })
                : t("shown.owesNone"),
            ],
            [t("shown.lastLabel"), last ? <TimeAgo at={last} /> : t("shown.neverLabelled")],
          ]}
        />
      </Stack>
      {estimate && (
        <div>
          <Text fz="sm" c="dimmed" mb={6}>
            {t("shown.estimate", { week: weekName(estimate.week) })}
          </Text>
          <One estimate={estimate} />
        </div>
      )}
    </SimpleGrid>
  );
}

function Claim({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const nameOf = useMetricName();
  const { metric, at_least: limit, value, low, high, n_labels: n, labels_left: left } = certificate;
  const figures =
    value === null || low === null || high === null
      ? t("shown.noFigure", { count: n, shown: format.integer(n) })
      : t("shown.figure", {
          value: format.metric(value),
          low: format.metric(low),
          high: format.metric(high),
          count: n,
          shown: format.integer(n),
        });
  return (
    <div>
      <Group gap={8}>
        <SignBadge value={signOf(wordOf(certificate))} />
        <Text span fw={600} className="tabular">
          {t("certificates.claim", { metric: nameOf(metric), limit: format.number(limit, 3) })}
        </Text>
      </Group>
      <Text fz="sm" c="dimmed">
        {figures}
        {certificate.state === "open" &&
          left !== null &&
          ` ${t("shown.left", { count: left, shown: format.integer(left) })}`}
      </Text>
    </div>
  );
}
