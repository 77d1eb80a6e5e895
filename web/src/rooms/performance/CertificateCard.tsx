/* One claim: its state in words, what was measured, how the evidence grew, and what its alpha promises. */
import { Alert, Button, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconTrendingDown } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { ModelName } from "@/rooms/deployments/ModelName";
import { useSaid } from "@/rooms/monitoring/useWords";
import { SignBadge } from "@/ui/Badges";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { IntervalBar } from "@/ui/IntervalBar";
import { useMetricName } from "@/ui/metrics";
import { TimeAgo } from "@/ui/TimeAgo";
import { EvidencePath } from "./EvidencePath";
import type { Certificate } from "./queries";
import { signOf, wordOf } from "./standing";
import { WithdrawClaim } from "./WithdrawClaim";

const LOOKS = {
  certified: "satisfactory",
  fallen: "undecided",
  violated: "not_satisfactory",
  open: "undecided",
} as const;

export function CertificateCard({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const nameOf = useMetricName();
  const mayWithdraw = useMay("performance:write");
  const [leaving, setLeaving] = useState(false);
  const word = wordOf(certificate);
  const { metric, at_least: limit, value, low, high, stream, model } = certificate;
  const claim = t("certificates.claim", { metric: nameOf(metric), limit: format.number(limit, 3) });
  return (
    <article aria-label={claim} data-testid="certificate">
      <Group gap="sm" mb={6}>
        <Title order={3} fz="lg">
          {claim}
        </Title>
        <SignBadge value={signOf(word)} size="lg" />
        {mayWithdraw && (
          <Button variant="subtle" size="compact-md" ml="auto" onClick={() => setLeaving(true)}>
            {t("withdraw.open")}
          </Button>
        )}
      </Group>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
        <Stack gap="sm">
          <StateWords certificate={certificate} />
          <IntervalBar
            interval={{ value, low, high }}
            acceptable={limit}
            verdict={LOOKS[word]}
            label={nameOf(metric)}
          />
          <Facts
            facts={[
              [t("certificates.stream"), t(`stream.${stream}.word`)],
              [
                t("certificates.labels"),
                t("certificates.labelsOf", {
                  labels: format.integer(certificate.n_labels),
                  objects: format.integer(certificate.n_objects),
                }),
              ],
              [t("certificates.schema"), certificate.label_schema],
              [t("certificates.model"), model ? <ModelName {...model} /> : null],
              [t("certificates.stated"), <TimeAgo key="at" at={certificate.created_at} />],
              certificate.reason !== "" && [t("certificates.reason"), certificate.reason],
            ]}
          />
        </Stack>
        <Stack gap="xs">
          <EvidencePath certificate={certificate} />
          <Text fz="sm" c="dimmed">
            {t("certificates.promise", { alpha: format.percent(certificate.alpha, 1) })}
          </Text>
        </Stack>
      </SimpleGrid>
      {leaving && <WithdrawClaim certificate={certificate} name={claim} onClose={() => setLeaving(false)} />}
    </article>
  );
}

/** Where the claim stands, in sentences. */
function StateWords({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const say = useSaid();
  const { labels_left: left, why_open: why, decided_at: at, degraded_since: fell } = certificate;
  const word = wordOf(certificate);
  const day = at ? format.date(at) : "";
  return (
    <>
      <Text>
        {word === "open"
          ? left === null
            ? t("certificates.state.openUnknown")
            : t("certificates.state.open", { count: left, shown: format.integer(left) })
          : t(`certificates.state.${word}`, { day })}
      </Text>
      {why != null && word === "open" && certificate.n_labels > 0 && (
        <Text fz="sm">{say(certificate.why_open_said, why)}</Text>
      )}
      {fell !== null && (
        <Alert
          color="warn"
          variant="light"
          icon={<IconTrendingDown aria-hidden />}
          title={t("certificates.fallen.title", { day: format.date(fell) })}
        >
          <Text c="var(--p-text)">{t("certificates.fallen.text")}</Text>
        </Alert>
      )}
    </>
  );
}
