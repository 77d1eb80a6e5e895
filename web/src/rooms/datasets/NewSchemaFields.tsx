/* A label schema made on the way: the problem, its classes, and which class is a good part. */
import { Input, SegmentedControl, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";

export interface SchemaDraft {
  problem: Schemas["LabelSchemaNew"]["problem"];
  /** One class a line. */
  classes: string;
  good: string;
  unit: string;
}

const PROBLEMS = ["classification", "detection", "regression"] as const;

export function classNames(draft: SchemaDraft): string[] {
  const names = draft.classes.split("\n").map((name) => name.trim());
  return [...new Set(names.filter(Boolean))];
}

/** Return a short name: lower case, digits and hyphens. */
export function slugOf(name: string): string {
  const plain = name.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const slug = plain.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return slug.replace(/^-+|-+$/g, "").slice(0, 60) || "dataset";
}

export function toSchema(draft: SchemaDraft, name: string): Schemas["LabelSchemaNew"] {
  const regression = draft.problem === "regression";
  return {
    slug: slugOf(name),
    name: name.trim(),
    problem: draft.problem,
    classes: regression ? [] : classNames(draft),
    good_class: draft.problem === "classification" ? draft.good || null : null,
    unit: regression ? draft.unit.trim() || null : null,
  };
}

export function NewSchemaFields({
  draft,
  onChange,
}: {
  draft: SchemaDraft;
  onChange: (draft: SchemaDraft) => void;
}) {
  const { t } = useTranslation("datasets");
  const change = (some: Partial<SchemaDraft>) => onChange({ ...draft, ...some });
  const names = classNames(draft);
  return (
    <Stack>
      <Input.Wrapper label={t("schema.problem")} labelElement="div" size="md">
        <SegmentedControl
          fullWidth
          aria-label={t("schema.problem")}
          data={PROBLEMS.map((problem) => ({ value: problem, label: t(`ui:problem_type.${problem}`) }))}
          value={draft.problem}
          onChange={(problem) => change({ problem: problem as SchemaDraft["problem"] })}
        />
      </Input.Wrapper>
      {draft.problem === "regression" ? (
        <TextInput
          label={t("schema.unit")}
          placeholder="mm"
          maxLength={50}
          value={draft.unit}
          onChange={(event) => change({ unit: event.currentTarget.value })}
        />
      ) : (
        <Textarea
          label={t("schema.classes")}
          description={t("schema.classesAbout")}
          required
          autosize
          minRows={3}
          maxRows={12}
          value={draft.classes}
          onChange={(event) => change({ classes: event.currentTarget.value })}
        />
      )}
      {draft.problem === "classification" && (
        <Select
          label={t("schema.good")}
          description={t("schema.goodAbout")}
          data={names}
          clearable
          clearButtonProps={{ "aria-label": t("schema.goodNone") }}
          value={names.includes(draft.good) ? draft.good : null}
          onChange={(good) => change({ good: good ?? "" })}
        />
      )}
    </Stack>
  );
}
