/* What was measured of an image: the gate's verdict, closeness to production, signals beside the reference, and what
   the file itself says. */
import { Anchor, Badge, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { type ImageWatch, imageWatchQuery } from "@/rooms/monitoring/queries";
import { useChannelName, useReason } from "@/rooms/monitoring/useWords";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import classes from "./Measured.module.css";
import { MeasuredSignals } from "./MeasuredSignals";

export function Measured({ image, site }: { image: string; site: string }) {
  const { t } = useTranslation("monitoring");
  const watch = useQuery(imageWatchQuery(image));
  return (
    <Section title={t("measured.title")} about={t("measured.about")}>
      <Answer query={watch} rows={3}>
        {(known) =>
          known.fingerprint || known.signals.some(({ value }) => value !== null) ? (
            <Stack gap="lg">
              <Gate watch={known} />
              <Closeness watch={known} />
              <MeasuredSignals signals={known.signals} />
              {known.fingerprint && <Fingerprint watch={known} />}
              {known.context_id && (
                <Anchor
                  component={Link}
                  to={`/sites/${site}/watch`}
                  search={{ context: known.context_id } as never}
                  className={classes.target}
                >
                  {t("measured.watch")}
                </Anchor>
              )}
            </Stack>
          ) : (
            <Text c="dimmed">{t("measured.never")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}

function Gate({ watch }: { watch: ImageWatch }) {
  const { t } = useTranslation("monitoring");
  return (
    <Stack gap={6} align="flex-start">
      <Title order={3} fz="md">
        {t("measured.gate")}
      </Title>
      <SignBadge value={watch.verdict} />
      <Reasons reasons={watch.reasons} />
    </Stack>
  );
}

function Closeness({ watch }: { watch: ImageWatch }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const { closeness, closeness_admitted: admitted } = watch;
  if (closeness === null && admitted === null) return null;
  return (
    <Stack gap={6} align="flex-start">
      <Title order={3} fz="md">
        {t("measured.closeness")}
      </Title>
      {admitted !== null && (
        <Badge
          color={admitted ? "good" : "warn"}
          variant="light"
          radius="sm"
          tt="none"
          fw={600}
          style={{ flexShrink: 0 }}
        >
          {t(admitted ? "measured.admitted" : "measured.notAdmitted")}
        </Badge>
      )}
      {closeness !== null && (
        <Text>{t("measured.closenessTold", { share: format.percent(closeness, 1) })}</Text>
      )}
      {watch.closeness_reasons.length > 0 && <Reasons reasons={watch.closeness_reasons} />}
    </Stack>
  );
}

function Reasons({ reasons }: { reasons: Schemas["GateReason"][] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const tell = useReason();
  if (reasons.length === 0) return <Text c="dimmed">{t("measured.noReason")}</Text>;
  return (
    <ul className={classes.reasons}>
      {reasons.map(({ code, words, value, limit }) => (
        <li key={code}>
          {tell(code, words)}
          {value != null && limit != null && (
            <Text span fz="sm" c="dimmed" className="tabular">
              {" "}
              {t("measured.limit", { value: format.number(value, 3), limit: format.number(limit, 3) })}
            </Text>
          )}
        </li>
      ))}
    </ul>
  );
}

function Fingerprint({ watch }: { watch: ImageWatch }) {
  const { t } = useTranslation("monitoring");
  const nameOf = useChannelName();
  const fresh = watch.new_values ?? {};
  const tell = (value: unknown) =>
    typeof value === "boolean" ? t(value ? "measured.yes" : "measured.no") : String(value);
  const known = Object.entries(watch.fingerprint ?? {}).filter(
    ([name, value]) => name in fresh || (value !== "" && value !== 0),
  );
  return (
    <Stack gap={6}>
      <Title order={3} fz="md">
        {t("measured.fingerprint")}
      </Title>
      <Facts
        facts={known.map(([name, value]) => [
          nameOf(`fingerprint.${name}`),
          <Group key={name} gap="xs">
            <span>{tell(value)}</span>
            {name in fresh && (
              <Badge color="warn" variant="light" radius="sm" tt="none" title={t("measured.newTold")}>
                {t("measured.new")}
              </Badge>
            )}
          </Group>,
        ])}
      />
    </Stack>
  );
}
