/* The two probes of an incident: what each one does, how its runs ended, and asking for another run. */
import { Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconLoader, IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { useFormat } from "@/ui/format";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import classes from "./monitoring.module.css";
import { type Incident, type Probe, useProbe } from "./queries";
import { usePerson, useSaid } from "./useWords";

const KINDS: Probe["kind"][] = ["replay", "golden"];
const SIGNS = {
  asked: { colour: "none", icon: IconLoader },
  running: { colour: "info", icon: IconPlayerPlay },
  same: { colour: "good", icon: IconCircleCheck },
  differs: { colour: "bad", icon: IconCircleX },
  failed: { colour: "warn", icon: IconCircleX },
} as const;

export function Probes({ incident }: { incident: Incident }) {
  const { t } = useTranslation("monitoring");
  return (
    <Section title={t("probes.title")} about={t("probes.about")}>
      <div className={classes.probes}>
        {KINDS.map((kind) => (
          <OneKind key={kind} kind={kind} incident={incident} />
        ))}
      </div>
    </Section>
  );
}

function OneKind({ kind, incident }: { kind: Probe["kind"]; incident: Incident }) {
  const { t } = useTranslation("monitoring");
  const mayAsk = useMay("monitoring:write") && incident.state !== "closed";
  const probe = useProbe(incident.id);
  const runs = incident.probes
    .filter((one) => one.kind === kind)
    .toSorted((a, b) => b.at.localeCompare(a.at));
  const going = runs.some(({ state }) => state === "asked" || state === "running");
  const act = runs.length ? t("probes.askAgain") : t("probes.ask");
  const name = t(`probes.${kind}`);
  return (
    <Stack gap="sm" align="flex-start">
      <div>
        <Title order={3} fz="md">
          {name}
        </Title>
        <Text fz="sm" c="dimmed">
          {t(`probes.${kind}About`)}
        </Text>
      </div>
      {runs.length === 0 && <Text c="dimmed">{t("probes.never")}</Text>}
      {runs.map((one) => (
        <Run key={`${one.at} ${one.job_id}`} run={one} />
      ))}
      {probe.error && <ProblemAlert error={probe.error} />}
      {mayAsk && (
        <Button
          variant="default"
          loading={probe.isPending}
          disabled={going}
          onClick={() => probe.mutate(kind)}
          aria-label={t("probes.askNamed", { act, probe: name })}
        >
          {act}
        </Button>
      )}
    </Stack>
  );
}

function Run({ run }: { run: Probe }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const person = usePerson();
  const say = useSaid();
  const { colour, icon: Icon } = SIGNS[run.state];
  const ended = run.state === "same" || run.state === "differs";
  return (
    <Stack gap={2}>
      <Group gap="sm">
        <Badge
          color={colour}
          variant="light"
          radius="sm"
          tt="none"
          fw={600}
          leftSection={<Icon size={16} aria-hidden />}
          style={{ flexShrink: 0, minWidth: "max-content" }}
        >
          {t(`probe.${run.state}`)}
        </Badge>
        {ended && (
          <Text span className="tabular">
            {t("probes.result", {
              different: format.integer(run.n_different),
              images: format.integer(run.n_images),
            })}
            {run.largest_difference != null &&
              `, ${t("probes.largest", { value: format.number(run.largest_difference, 4) })}`}
          </Text>
        )}
      </Group>
      {run.detail && <Text fz="sm">{say(run.detail_said, run.detail)}</Text>}
      <Text fz="sm" c="dimmed">
        {t("probes.by", { by: person(run.by) })} · <TimeAgo at={run.at} />
      </Text>
    </Stack>
  );
}
