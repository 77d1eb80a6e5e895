/* Chooses a model version by name and number. */
import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type ModelVersion, useModels } from "./queries";

interface Props {
  label: string;
  description?: string;
  value: string | null;
  onChange: (model: ModelVersion | null) => void;
  /** Only models of this problem. */
  problem?: string;
  required?: boolean;
}

export function ModelSelect({ label, description, value, onChange, problem, required }: Props) {
  const { t } = useTranslation("models");
  const models = (useModels().data ?? []).filter((model) => !problem || model.problem === problem);
  return (
    <Select
      label={label}
      description={description}
      placeholder={t("select.choose")}
      nothingFoundMessage={t("select.none")}
      searchable
      clearable={!required}
      clearButtonProps={{ "aria-label": t("select.clear") }}
      required={required}
      data={models.map((model) => ({ value: model.id, label: `${model.name}:${model.number}` }))}
      value={value}
      onChange={(id) => onChange(models.find((model) => model.id === id) ?? null)}
    />
  );
}
