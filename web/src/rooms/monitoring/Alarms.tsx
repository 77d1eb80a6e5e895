/* The alarms of an incident, each with since when, how soon it was noticed, under which promise, what moved how far, and what
   such images look like beside those of the reference. */
import { Anchor, List, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Fact, Facts } from "@/ui/Facts";
import { type Format, useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import { BesidePictures } from "./BesidePictures";
import { Effects } from "./Effects";
import classes from "./monitoring.module.css";
import { placeOf } from "./places";
import type { Alarm } from "./queries";
import { useChannelName, usePromise } from "./useWords";
import { oddsOf } from "./words";

/** The alarms of an incident: the first one open, the others one line each until they are asked for. */
export function Alarms({ alarms }: { alarms: Alarm[] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const first = alarms[0]?.id;
  return (
    <Section
      title={t("alarm.list", { count: alarms.length, shown: format.integer(alarms.length) })}
      about={t("alarm.listAbout")}
    >
      {alarms.map((alarm) => (
        <OneAlarm key={alarm.id} alarm={alarm} first={alarm.id === first} />
      ))}
    </Section>
  );
}

function OneAlarm({ alarm, first }: { alarm: Alarm; first: boolean }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const [opened, setOpened] = useState(first);
  const place = placeOf(alarm).join(" · ");
  return (
    <details
      className={classes.alarm}
      open={opened}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary>
        <strong>{t("alarm.title", { place })}</strong>{" "}
        <Text span c="dimmed">
          {t(`alarm.${alarm.detector}`)}, {format.dateTime(alarm.onset_at)}
        </Text>
      </summary>
      {opened && (
        <Stack gap="lg" pt="xs" pb="lg">
          <AlarmFacts alarm={alarm} />
          <NewValues values={alarm.new_values ?? {}} />
          <Effects effects={alarm.effects} />
          <Pictures alarm={alarm} />
        </Stack>
      )}
    </details>
  );
}

function AlarmFacts({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const tellPromise = usePromise();
  const { delay_images: count, log_evidence: evidence, log_threshold: limit } = alarm;
  const onset = (
    <>
      {format.dateTime(alarm.onset_at)}
      {alarm.onset_image_id && (
        <>
          {", "}
          <Link to={`/images/${alarm.onset_image_id}` as string}>{t("alarm.firstImage")}</Link>
        </>
      )}
    </>
  );
  const unit = alarm.promise?.unit ?? "image";
  const delay = count ? t("alarm.delayImages", { count, shown: format.integer(count) }) : t("alarm.atOnce");
  const facts: (Fact | null)[] = [
    [t("alarm.since"), onset],
    [t("alarm.delay"), unit === "image" ? delay : t(`alarm.delayBy.${unit}`, { delay })],
    [t("alarm.raised"), <TimeAgo key="raised" at={alarm.raised_at} />],
    evidence == null || limit == null
      ? null
      : [
          t("alarm.evidence"),
          t("alarm.evidenceTold", { evidence: tellOdds(evidence, format), limit: tellOdds(limit, format) }),
        ],
    alarm.promise ? [t("promise.word"), tellPromise(alarm.promise)] : null,
  ];
  return (
    <Stack gap="xs" align="flex-start">
      <div className={classes.wide}>
        <Facts facts={facts} />
      </div>
      {alarm.fleet && <Text>{t("alarm.fleet")}</Text>}
      <Anchor
        component={Link}
        to={`/sites/${alarm.site}/watch`}
        search={{ context: alarm.context_id } as never}
        className={classes.target}
      >
        {t("alarm.watch")}
      </Anchor>
    </Stack>
  );
}

function tellOdds(logEvidence: number, format: Format): string {
  const odds = oddsOf(logEvidence);
  return odds === null ? `10^${format.integer(logEvidence / Math.LN10)}` : format.integer(odds);
}

function NewValues({ values }: { values: Record<string, string> }) {
  const { t } = useTranslation("monitoring");
  const nameOf = useChannelName();
  const found = Object.entries(values);
  if (found.length === 0) return null;
  return (
    <Stack gap={4}>
      <Title order={3} fz="md">
        {t("alarm.newValues")}
      </Title>
      <List>
        {found.map(([field, value]) => (
          <List.Item key={field}>
            {t("found.named", { name: nameOf(`fingerprint.${field}`), value: "" })}
            <strong>{value}</strong>
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

function Pictures({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation("monitoring");
  const sides = [
    { name: t("images.typical"), ids: alarm.typical_images ?? [] },
    { name: t("images.reference"), ids: alarm.reference_images ?? [] },
  ];
  if (sides.every(({ ids }) => ids.length === 0)) return <Text c="dimmed">{t("images.none")}</Text>;
  return <BesidePictures sides={sides} />;
}
