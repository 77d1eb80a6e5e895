/* The frozen versions of a dataset, newest first, each beside what changed since the one before. */
import { Anchor, Group, Text } from "@mantine/core";
import { IconLock, IconLockOpen } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { TimeAgo } from "@/ui/TimeAgo";
import type { DatasetVersion } from "./queries";
import { SplitCounts } from "./SplitCounts";

export function VersionsTable({ versions }: { versions: DatasetVersion[] }) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const before = (version: DatasetVersion) => versions.find((one) => one.number === version.number - 1);
  const columns: Column<DatasetVersion>[] = [
    {
      key: "number",
      title: t("version.word"),
      cell: (one) => (
        <Anchor component={Link} to={`/dataset-versions/${one.id}`} fw={600} style={{ whiteSpace: "nowrap" }}>
          {t("version.numbered", { number: one.number })}
        </Anchor>
      ),
    },
    { key: "images", title: t("version.images"), numeric: true, cell: (one) => format.integer(one.n_images) },
    { key: "splits", title: t("version.splits"), cell: (one) => <SplitCounts splits={one.splits} /> },
    { key: "rule", title: t("version.splitBy"), cell: (one) => t(`rule.${one.split.by}.short`) },
    { key: "sealed", title: t("version.testSet"), cell: (one) => <Seal version={one} /> },
    { key: "note", title: t("version.note"), cell: (one) => one.note || "–" },
    { key: "frozen", title: t("version.frozen"), cell: (one) => <TimeAgo at={one.frozen_at} /> },
    {
      key: "diff",
      title: t("version.change"),
      cell: (one) => {
        const older = before(one);
        if (!older) return "–";
        return (
          <Anchor component={Link} to={`/dataset-versions/${older.id}/diff/${one.id}`}>
            {t("version.since", { number: older.number })}
          </Anchor>
        );
      },
    },
  ];
  return (
    <DataTable rows={versions} columns={columns} rowKey={(one) => one.id} caption={t("dataset.versions")} />
  );
}

export function Seal({ version }: { version: DatasetVersion }) {
  const { t } = useTranslation("datasets");
  const state = !version.sealed ? "visible" : version.opened ? "opened" : "sealed";
  const Icon = state === "sealed" ? IconLock : IconLockOpen;
  return (
    <Group gap={6} wrap="nowrap" display="inline-flex">
      <Icon size={18} aria-hidden />
      <Text span>{t(`seal.${state}`)}</Text>
    </Group>
  );
}
