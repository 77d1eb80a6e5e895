/* Chooses a frozen dataset version: first the dataset, then its version (the latest by default). */
import { Group, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { type DatasetVersion, useDatasets, useVersions, versionQuery } from "./queries";

interface Props {
  /** Id of the chosen version. */
  value: string | null;
  onChange: (version: DatasetVersion | null) => void;
  /** Only datasets of this problem. */
  problem?: string;
}

export function DatasetVersionSelect({ value, onChange, problem }: Props) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const given = useQuery({ ...versionQuery(value ?? ""), enabled: Boolean(value) }).data;
  const [picked, setPicked] = useState<string | null>(null);
  const dataset = picked ?? given?.dataset_id ?? null;
  const datasets = (useDatasets().data ?? []).filter((one) => !problem || one.problem === problem);
  const versions = useVersions(dataset ?? "", dataset !== null).data ?? [];
  useEffect(() => {
    const latest = versions[0];
    if (latest && !versions.some((version) => version.id === value)) onChange(latest);
  }, [versions, value, onChange]);
  return (
    <Group gap="sm" align="flex-start" grow preventGrowOverflow={false} wrap="wrap">
      <Select
        label={t("select.dataset")}
        placeholder={t("select.choose")}
        nothingFoundMessage={t("select.none")}
        required
        searchable
        data={datasets.map((one) => ({ value: one.id, label: one.name, disabled: !one.n_versions }))}
        value={dataset}
        onChange={(id) => {
          setPicked(id);
          onChange(null);
        }}
      />
      <Select
        label={t("select.version")}
        disabled={!versions.length}
        required
        allowDeselect={false}
        data={versions.map((one) => ({
          value: one.id,
          label: t("select.numbered", { number: one.number, images: format.integer(one.n_images) }),
        }))}
        value={value}
        onChange={(id) => onChange(versions.find((one) => one.id === id) ?? null)}
      />
    </Group>
  );
}
