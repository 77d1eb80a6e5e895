/* Only the settings in which two runs differ. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/ui/DataTable";
import { Section } from "@/ui/Section";
import type { Run } from "./queries";
import { tellSetting } from "./RunFacts";

interface Row {
  name: string;
  a: string;
  b: string;
}

export function ComparedSettings({ runs: [a, b] }: { runs: readonly [Run, Run] }) {
  const { t } = useTranslation("training");
  const rows = differences(settingsOf(a), settingsOf(b), t("compare.unset"));
  const columns: Column<Row>[] = [
    { key: "name", title: t("compare.setting"), cell: (row) => row.name },
    { key: "a", title: t("run.title", { number: a.number }), cell: (row) => row.a },
    { key: "b", title: t("run.title", { number: b.number }), cell: (row) => row.b },
  ];
  return (
    <Section title={t("compare.settings")}>
      {rows.length ? (
        <DataTable rows={rows} columns={columns} rowKey={(row) => row.name} caption={t("compare.settings")} />
      ) : (
        <Text c="dimmed">{t("compare.same")}</Text>
      )}
    </Section>
  );
}

function settingsOf(run: Run): Record<string, unknown> {
  const dataset = `${run.dataset}:${run.dataset_number}`;
  return {
    dataset,
    recipe: run.recipe,
    seed: run.seed,
    base_model: run.base_model_id ?? undefined,
    ...run.config,
  };
}

function differences(a: Record<string, unknown>, b: Record<string, unknown>, unset: string): Row[] {
  const tell = (value: unknown) => (value === undefined ? unset : tellSetting(value));
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .map((name) => ({ name, a: tell(a[name]), b: tell(b[name]) }))
    .filter((row) => row.a !== row.b);
}
