/* All evaluations, newest first; two on the same images can be compared. */
import { Button } from "@mantine/core";
import { IconChartBar, IconScale } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { MoreButton } from "@/ui/MoreButton";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { EvaluationsTable } from "./EvaluationsTable";
import { type Evaluation, useEvaluations } from "./queries";
import { StartEvaluationDialog } from "./StartEvaluationDialog";

export function EvaluationsPage() {
  const { t } = useTranslation("evaluation");
  const navigate = useNavigate();
  const may = useMay("evaluations:write");
  const [search, setSearch] = useSearchValues();
  const [chosen, setChosen] = useState<Evaluation[]>([]);
  const evaluations = useEvaluations();
  const choose = (one: Evaluation) =>
    setChosen((before) =>
      before.some(({ id }) => id === one.id)
        ? before.filter(({ id }) => id !== one.id)
        : [...before, one].slice(-2),
    );
  const compare = () => {
    const [champion, challenger] = chosen.toSorted((a, b) => a.model_number - b.model_number);
    if (champion && challenger) void navigate({ to: `/evaluations/${champion.id}/compare/${challenger.id}` });
  };
  const start = may && (
    <Button leftSection={<IconChartBar size={18} aria-hidden />} onClick={() => setSearch({ start: "new" })}>
      {t("start.open")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("list.title")} about={t("list.about")}>
        <Button
          variant="default"
          disabled={chosen.length < 2}
          leftSection={<IconScale size={18} aria-hidden />}
          onClick={compare}
        >
          {t("compare.chosen", { chosen: chosen.length })}
        </Button>
        {start}
      </PageHeader>
      <Answer query={evaluations}>
        {(rows) =>
          rows.length ? (
            <>
              <EvaluationsTable rows={rows} chosen={chosen.map(({ id }) => id)} onChoose={choose} />
              <MoreButton query={evaluations} />
            </>
          ) : (
            <EmptyState icon={IconChartBar} title={t("list.empty.title")} text={t("list.empty.text")}>
              {start}
            </EmptyState>
          )
        }
      </Answer>
      {search.start !== undefined && (
        <StartEvaluationDialog
          model={search.model}
          datasetVersion={search.dataset_version}
          onClose={() => setSearch({ start: undefined, model: undefined, dataset_version: undefined })}
        />
      )}
    </>
  );
}
