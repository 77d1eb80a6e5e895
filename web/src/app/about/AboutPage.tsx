/* What this hub is and how it is doing: version, health, age of the last backup, licences. */
import { Anchor, Group, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { PageHeader } from "@/ui/PageHeader";
import { TimeAgo } from "@/ui/TimeAgo";
import classes from "./AboutPage.module.css";

type About = Schemas["About"];

export function AboutPage() {
  const { t } = useTranslation("app");
  const about = useQuery({
    queryKey: ["about"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/about", { signal })),
    ...polling(),
  });
  return (
    <>
      <PageHeader title={t("about.title")} about={t("about.promise")} />
      <Answer query={about}>
        {(data) => (
          <Stack gap="xl">
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
              <Version about={data} />
              {data.health && <Health health={data.health} />}
            </SimpleGrid>
            <Licences about={data} />
          </Stack>
        )}
      </Answer>
    </>
  );
}

function Version({ about }: { about: About }) {
  const { t } = useTranslation("app");
  return (
    <Stack className="surface" p="lg" gap="xs">
      <Title order={2} fz="h4">
        {t("about.version")}
      </Title>
      <Facts
        facts={[
          ["Perenne", about.version],
          [t("about.licence"), about.licence],
          [t("about.started"), <TimeAgo key="started" at={about.started_at} />],
        ]}
      />
      <Group>
        <Anchor href="/docs">{t("about.api")}</Anchor>
      </Group>
    </Stack>
  );
}

type Health = NonNullable<About["health"]>;

function Health({ health }: { health: Health }) {
  const { t } = useTranslation("app");
  const age = health.backup_age_s;
  return (
    <Stack className="surface" p="lg" gap="xs">
      <Title order={2} fz="h4">
        {t("about.health")}
      </Title>
      <Facts
        facts={health.checks.map((check): [string, ReactNode] => [
          t(`about.check.${check.name}`, { defaultValue: check.name }),
          <CheckMark key={check.name} check={check} health={health} />,
        ])}
      />
      {age == null && (
        <Text c="dimmed" fz="sm">
          {t("about.backupHow")}
        </Text>
      )}
    </Stack>
  );
}

function CheckMark({ check, health }: { check: Health["checks"][number]; health: Health }) {
  const { t } = useTranslation("app");
  const format = useFormat();
  const age = health.backup_age_s;
  const figures: Record<string, string | null> = {
    database: health.database,
    blobs: t(`about.store.${health.blobs}`, { defaultValue: health.blobs }),
    disk:
      health.disk_free_bytes == null ? null : t("about.free", { size: format.bytes(health.disk_free_bytes) }),
    backup: age == null ? null : t("about.backupAge", { age: format.duration(age) }),
  };
  const state = check.ok ? t("about.well") : t(`about.lack.${check.name}`, { defaultValue: check.detail });
  return (
    <Group gap="xs" component="span" wrap="nowrap" align="flex-start">
      {check.ok ? (
        <IconCircleCheck className={classes.mark} size={18} color="var(--p-good)" aria-hidden />
      ) : (
        <IconCircleX className={classes.mark} size={18} color="var(--p-bad)" aria-label={t("about.unwell")} />
      )}
      <span>{[state, figures[check.name]].filter(Boolean).join(" · ")}</span>
    </Group>
  );
}

function Licences({ about }: { about: About }) {
  const { t } = useTranslation("app");
  const [wanted, setWanted] = useState("");
  const rows = about.licences.filter((row) =>
    `${row.name} ${row.licence}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  const columns: Column<About["licences"][number]>[] = [
    { key: "name", title: t("about.package"), cell: (row) => <Text fw={600}>{row.name}</Text> },
    { key: "version", title: t("about.version"), cell: (row) => row.version },
    { key: "licence", title: t("about.licence"), cell: (row) => row.licence },
    { key: "kind", title: t("about.kind"), cell: (row) => t(`about.${row.kind}`) },
  ];
  return (
    <Stack>
      <Title order={2} fz="h3">
        {t("about.licences", { count: about.licences.length })}
      </Title>
      <TextInput
        aria-label={t("about.search")}
        placeholder={t("about.search")}
        leftSection={<IconSearch size={18} aria-hidden />}
        maw={360}
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
      <DataTable
        rows={rows}
        columns={columns}
        rowKey={(row) => `${row.kind}/${row.name}`}
        caption={t("about.licences", { count: rows.length })}
      />
    </Stack>
  );
}
