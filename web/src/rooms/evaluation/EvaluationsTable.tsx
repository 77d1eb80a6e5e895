/* Evaluations in a table: what was judged on what, how many sites are satisfactory, and the worst of them. */
import { Anchor, Checkbox, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { TimeAgo } from "@/ui/TimeAgo";
import { type Evaluation, judgedBy, sitesOf } from "./queries";
import { SliceFigure } from "./SliceFigure";

interface Props {
  rows: Evaluation[];
  chosen: string[];
  onChoose: (evaluation: Evaluation) => void;
}

export function EvaluationsTable({ rows, chosen, onChoose }: Props) {
  const { t } = useTranslation("evaluation");
  const columns: Column<Evaluation>[] = [
    {
      key: "choose",
      title: t("compare.column"),
      width: 60,
      cell: (one) => (
        <Checkbox
          size="md"
          checked={chosen.includes(one.id)}
          disabled={one.state !== "succeeded"}
          onChange={() => onChoose(one)}
          aria-label={t("compare.choose", { what: titleOf(one) })}
        />
      ),
    },
    {
      key: "model",
      title: t("evaluation.model"),
      cell: (one) => (
        <Stack gap={0}>
          <Anchor component={Link} to={`/evaluations/${one.id}`} fw={600}>
            {one.model_name}:{one.model_number}
          </Anchor>
          <Text span fz="sm" c="dimmed">
            {t("evaluation.on", {
              dataset: `${one.dataset}:${one.dataset_number}`,
              split: t(`split.${one.split}`),
            })}
          </Text>
        </Stack>
      ),
    },
    { key: "verdict", title: t("evaluation.verdict"), cell: (one) => <Verdict evaluation={one} /> },
    { key: "worst", title: t("evaluation.worst"), width: 220, cell: (one) => <Worst evaluation={one} /> },
    { key: "created", title: t("evaluation.created"), cell: (one) => <TimeAgo at={one.created_at} /> },
  ];
  return <DataTable rows={rows} columns={columns} rowKey={(one) => one.id} caption={t("list.title")} />;
}

export function titleOf(one: Evaluation): string {
  return `${one.model_name}:${one.model_number} · ${one.dataset}:${one.dataset_number}`;
}

function Verdict({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  if (evaluation.state !== "succeeded") return <SignBadge value={evaluation.state} />;
  const good = sitesOf(evaluation).filter((site) => site.verdict === "satisfactory").length;
  const worst = sitesOf(evaluation)[0]?.verdict ?? evaluation.overall?.verdict ?? "not_judged";
  return (
    <Stack gap={2} align="flex-start">
      <SignBadge value={worst} />
      <Text span fz="sm" c="dimmed">
        {t("evaluation.goodSites", { good, count: sitesOf(evaluation).length })}
      </Text>
    </Stack>
  );
}

function Worst({ evaluation }: { evaluation: Evaluation }) {
  const worst = sitesOf(evaluation)[0];
  if (!worst) return <>–</>;
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Stack gap={0} flex={1} miw={140}>
        <Text span fz="sm" c="dimmed">
          {worst.name}
        </Text>
        <SliceFigure slice={worst} metric={judgedBy(evaluation)} />
      </Stack>
    </Group>
  );
}
