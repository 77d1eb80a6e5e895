/* The golden part of each station of a site: which one, its newest picture; registered, replaced, removed here. */
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconStar } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { stationsQuery } from "@/rooms/deployments/queries";
import { Answer } from "@/ui/Answer";
import { ConfirmDestroy } from "@/ui/ConfirmDestroy";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import { GoldenPartDialog } from "./GoldenPartDialog";
import { type GoldenPart, goldenPartsQuery, useGoldenPart } from "./golden";
import classes from "./monitoring.module.css";

export function GoldenParts({ site }: { site: string }) {
  const { t } = useTranslation("monitoring");
  const stations = useQuery(stationsQuery(site)).data ?? [];
  const parts = useQuery(goldenPartsQuery(site));
  if (stations.length === 0) return null;
  return (
    <Section title={t("golden.title")} about={t("golden.about")}>
      <Answer query={parts} rows={2}>
        {(found) => (
          <Stack gap="xl">
            {stations.map(({ slug, name }) => (
              <OneStation
                key={slug}
                site={site}
                station={slug}
                name={name}
                part={found.find((one) => one.station === slug)}
              />
            ))}
          </Stack>
        )}
      </Answer>
    </Section>
  );
}

interface Props {
  site: string;
  station: string;
  name: string;
  part: GoldenPart | undefined;
}

function OneStation({ site, station, name, part }: Props) {
  const { t } = useTranslation("monitoring");
  const mayAct = useMay("monitoring:write");
  const [opened, setOpened] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const change = useGoldenPart(site, station);
  const act = t(part ? "golden.replace" : "golden.register");
  const called = part ? part.name || part.part_id : "";
  return (
    <section aria-label={t("golden.of", { station: name })}>
      <Stack gap="sm" align="flex-start">
        <Title order={3} fz="md">
          {name}
        </Title>
        {part ? <PartFacts part={part} /> : <Text c="dimmed">{t("golden.none")}</Text>}
        {mayAct && (
          <Group gap="sm">
            <Button
              variant="default"
              leftSection={<IconStar size={18} aria-hidden />}
              onClick={() => setOpened(true)}
              aria-label={t("golden.actAt", { act, station: name })}
            >
              {act}
            </Button>
            {part && (
              <Button
                variant="subtle"
                onClick={() => setLeaving(true)}
                aria-label={t("golden.actAt", { act: t("golden.remove"), station: name })}
              >
                {t("golden.remove")}
              </Button>
            )}
          </Group>
        )}
      </Stack>
      {opened && (
        <GoldenPartDialog site={site} station={station} name={name} onClose={() => setOpened(false)} />
      )}
      <ConfirmDestroy
        opened={leaving}
        title={t("golden.removeTitle", { station: name })}
        what={t("golden.removeAbout", { part: called })}
        action={t("golden.remove")}
        busy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate(null, { onSuccess: () => setLeaving(false) })}
        onClose={() => setLeaving(false)}
      />
    </section>
  );
}

function PartFacts({ part }: { part: GoldenPart }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const { part_id: id, name, captures: count, last_image_id: image, last_at: at } = part;
  return (
    <div className={classes.golden}>
      {image && (
        <Link to={`/images/${image}` as string}>
          <img src={`/api/v1/images/${image}/thumbnail`} alt={t("golden.picture", { part: name || id })} />
        </Link>
      )}
      <Facts
        facts={[
          [t("golden.part"), name ? `${name} (${id})` : id],
          [
            t("golden.captures"),
            count ? t("golden.count", { count, shown: format.integer(count) }) : t("golden.never"),
          ],
          at ? [t("golden.last"), <TimeAgo key="last" at={at} />] : null,
          [t("golden.setBy"), part.set_by],
          [t("golden.setAt"), <TimeAgo key="set" at={part.set_at} />],
        ]}
      />
    </div>
  );
}
