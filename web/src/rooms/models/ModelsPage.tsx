/* All model versions, newest first. */
import { Anchor } from "@mantine/core";
import { IconCpu } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { useFormat } from "@/ui/format";
import { MoreButton } from "@/ui/MoreButton";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { TimeAgo } from "@/ui/TimeAgo";
import { type ModelVersion, useModels } from "./queries";
import { TellingMetrics } from "./TellingMetrics";

export function ModelsPage() {
  const { t } = useTranslation("models");
  const format = useFormat();
  const [{ name }] = useSearchValues();
  const models = useModels(name);
  const columns: Column<ModelVersion>[] = [
    {
      key: "name",
      title: t("model.word"),
      cell: (model) => (
        <Anchor component={Link} to={`/models/${model.id}`} fw={600}>
          {model.name}:{model.number}
        </Anchor>
      ),
    },
    { key: "problem", title: t("model.problem"), cell: (model) => t(`ui:problem_type.${model.problem}`) },
    { key: "recipe", title: t("model.recipe"), cell: (model) => model.recipe ?? "–" },
    {
      key: "metrics",
      title: t("model.validation"),
      cell: (model) => <TellingMetrics metrics={model.metrics ?? {}} />,
    },
    {
      key: "size",
      title: t("artefact.size"),
      numeric: true,
      cell: (model) => format.bytes(model.artefact_bytes),
    },
    { key: "by", title: t("model.by"), cell: (model) => model.created_by },
    { key: "created", title: t("model.created"), cell: (model) => <TimeAgo at={model.created_at} /> },
  ];
  return (
    <>
      <PageHeader title={name ? t("list.line", { name }) : t("list.title")} about={t("list.about")} />
      <Answer query={models}>
        {(rows) =>
          rows.length ? (
            <>
              <DataTable
                rows={rows}
                columns={columns}
                rowKey={(model) => model.id}
                caption={t("list.title")}
              />
              <MoreButton query={models} />
            </>
          ) : (
            <EmptyState icon={IconCpu} title={t("list.empty.title")} text={t("list.empty.text")}>
              <Anchor component={Link} to="/runs">
                {t("list.empty.runs")}
              </Anchor>
            </EmptyState>
          )
        }
      </Answer>
    </>
  );
}
