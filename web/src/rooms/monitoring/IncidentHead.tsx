/* What the incident is: its state, its cause in words with why, and what to do about it. */
import { Anchor, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconHelpCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { SignBadge } from "@/ui/Badges";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { TimeAgo } from "@/ui/TimeAgo";
import { sitesOf } from "./places";
import type { Finding, Incident } from "./queries";
import { useSaid } from "./useWords";
import { readSignature, tellStrength } from "./words";

export function IncidentHead({ incident }: { incident: Incident }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const say = useSaid();
  const fact = (name: string, value: Fact[1] | undefined): Fact | null => (value ? [name, value] : null);
  const { confirmed_cause: confirmed, merged_into: merged } = incident;
  return (
    <section className="surface" aria-label={t("incident.cause")}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" p={{ base: "md", sm: "lg" }}>
        <Stack gap="sm" align="flex-start">
          <SignBadge value={`incident_${incident.state}`} size="lg" />
          {incident.finding ? (
            <Cause finding={incident.finding} />
          ) : (
            <Text role="status">{t("incident.looking")}</Text>
          )}
          {merged && (
            <Text>
              {t("incident.merged")}{" "}
              <Anchor component={Link} to={`/incidents/${merged}`}>
                {t("incident.mergedOpen")}
              </Anchor>
            </Text>
          )}
        </Stack>
        <div>
          <Facts
            facts={[
              [t("incident.sites"), <SiteLinks key="sites" incident={incident} />],
              [t("incident.since"), `${format.dateTime(incident.onset_at)}`],
              [t("incident.opened"), <TimeAgo key="opened" at={incident.opened_at} />],
              [t("incident.assignee"), incident.assignee ?? t("list.nobody")],
              fact(
                t("incident.closed"),
                incident.closed_at && <TimeAgo key="closed" at={incident.closed_at} />,
              ),
              fact(t("incident.closeReason"), say(incident.close_reason_said, incident.close_reason)),
              fact(
                t("incident.confirmed"),
                confirmed && t(`cause.${confirmed}`, { defaultValue: confirmed }),
              ),
            ]}
          />
        </div>
      </SimpleGrid>
    </section>
  );
}

function SiteLinks({ incident }: { incident: Incident }) {
  const names = sitesOf(incident);
  return incident.sites.map((slug, place) => (
    <Text span inherit key={slug}>
      {place > 0 && ", "}
      <Anchor component={Link} to={`/sites/${slug}`} inherit>
        {names[place]}
      </Anchor>
      {names[place] !== slug && (
        <Text span fz="sm" c="dimmed">
          {" "}
          {slug}
        </Text>
      )}
    </Text>
  ));
}

function Cause({ finding }: { finding: Finding }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const { cause, action, drift } = finding;
  const signature = readSignature(finding.signature ?? null, finding.signature_strength ?? null);
  return (
    <>
      <Group gap="xs" wrap="nowrap">
        {cause === "unknown" && <IconHelpCircle size={28} aria-hidden color="var(--p-warn)" />}
        <Title order={2} fz="h3">
          {t(`cause.${cause}`, { defaultValue: cause })}
        </Title>
      </Group>
      <Text>{t(`causeWhy.${cause}`, { defaultValue: "" })}</Text>
      {signature.length > 0 && (
        <Text>
          {t("incident.signature")}{" "}
          <strong>
            {signature
              .map(({ kind, strength }) =>
                t(`signature.${kind}`, { strength: tellStrength(strength, format), defaultValue: kind }),
              )
              .join(" + ")}
          </strong>
        </Text>
      )}
      <Facts
        facts={[
          [
            t("incident.action"),
            <strong key="action">{t(`action.${action}`, { defaultValue: action })}</strong>,
          ],
          [t("incident.drift"), t(`drift.${drift}`)],
          [t("incident.judged"), <TimeAgo key="judged" at={finding.at} />],
        ]}
      />
    </>
  );
}
