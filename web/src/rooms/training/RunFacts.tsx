/* What the run was asked to do, by whom, and when. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { CopyText } from "@/ui/CopyText";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import type { Run } from "./queries";

export function RunFacts({ run }: { run: Run }) {
  const { t } = useTranslation("training");
  const format = useFormat();
  const took =
    run.started_at && run.ended_at ? (Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000 : null;
  const version = (
    <Anchor component={Link} to={`/dataset-versions/${run.dataset_version_id}`}>
      {run.dataset}:{run.dataset_number}
    </Anchor>
  );
  const base = run.base_model_id && (
    <Anchor component={Link} to={`/models/${run.base_model_id}`}>
      {t("run.openBase")}
    </Anchor>
  );
  const facts: (Fact | null)[] = [
    [t("run.dataset"), version],
    [t("run.recipe"), run.recipe],
    [t("run.trainer"), run.trainer ?? t("run.noTrainer")],
    base ? [t("run.base"), base] : null,
    [t("run.attempt"), format.integer(run.attempt)],
    [t("run.created"), `${format.dateTime(run.created_at)}`],
    run.started_at ? [t("run.started"), format.dateTime(run.started_at)] : null,
    run.ended_at ? [t("run.ended"), format.dateTime(run.ended_at)] : null,
    took === null ? null : [t("run.took"), format.duration(took)],
    [t("run.id"), <CopyText key="id" text={run.id} shown={32} />],
  ];
  return <Facts facts={facts} />;
}

export function RunConfig({ run }: { run: Run }) {
  const { t } = useTranslation("training");
  const settings = Object.entries({ ...run.config, seed: run.seed });
  if (!settings.length) return <Text c="dimmed">{t("run.noConfig")}</Text>;
  return <Facts facts={settings.map(([name, value]): Fact => [name, tellSetting(value)])} />;
}

/** Return a setting as it is written in a configuration. */
export function tellSetting(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
