/* Runs in a table, each with its state, how far it is, and what it measured last. */
import { Anchor, Checkbox, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { TimeAgo } from "@/ui/TimeAgo";
import { TellingMetrics } from "@/rooms/models/TellingMetrics";
import type { Run } from "./queries";
import { RunProgress } from "./RunProgress";

interface Props {
  runs: Run[];
  chosen: string[];
  onChoose: (id: string) => void;
}

export function RunsTable({ runs, chosen, onChoose }: Props) {
  const { t } = useTranslation("training");
  const columns: Column<Run>[] = [
    {
      key: "choose",
      title: t("compare.column"),
      width: 60,
      cell: (run) => (
        <Checkbox
          size="md"
          checked={chosen.includes(run.id)}
          onChange={() => onChoose(run.id)}
          aria-label={t("compare.choose", { number: run.number })}
        />
      ),
    },
    {
      key: "run",
      title: t("run.word"),
      cell: (run) => (
        <Stack gap={0}>
          <Anchor component={Link} to={`/runs/${run.id}`} fw={600}>
            {t("run.title", { number: run.number })} · {run.name}
          </Anchor>
          <Text span fz="sm" c="dimmed">
            <Anchor
              component={Link}
              to={`/dataset-versions/${run.dataset_version_id}`}
              fz="sm"
              underline="always"
            >
              {run.dataset}:{run.dataset_number}
            </Anchor>
            {` · ${run.recipe} · ${run.trainer ?? t("run.noTrainer")}`}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("run.state"), cell: (run) => <SignBadge value={run.state} /> },
    { key: "progress", title: t("run.progress"), width: 150, cell: (run) => <RunProgress run={run} /> },
    {
      key: "metrics",
      title: t("run.metrics"),
      cell: (run) => <TellingMetrics metrics={run.metrics ?? {}} />,
    },
    { key: "created", title: t("run.created"), cell: (run) => <TimeAgo at={run.created_at} /> },
  ];
  return <DataTable rows={runs} columns={columns} rowKey={(run) => run.id} caption={t("list.title")} />;
}
