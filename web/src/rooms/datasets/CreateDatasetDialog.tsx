/* Starts a dataset: its name, the label schema that says what may be answered, and what is good enough. */
import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { useListing } from "@/api/listing";
import { useMay } from "@/app/session";
import { FormDialog } from "@/ui/FormDialog";
import { AcceptanceFields } from "./AcceptanceFields";
import { NewSchemaFields, type SchemaDraft, slugOf, toSchema } from "./NewSchemaFields";
import type { AcceptanceRule } from "./queries";

const NEW = "new";
const EMPTY: SchemaDraft = { problem: "classification", classes: "", good: "", unit: "" };

export function CreateDatasetDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("datasets");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const mayMakeSchema = useMay("schemas:write");
  const [name, setName] = useState("");
  const [source, setSource] = useState("existing");
  const [picked, setPicked] = useState<string | null>(null);
  const [draft, setDraft] = useState<SchemaDraft>(EMPTY);
  const [rule, setRule] = useState<AcceptanceRule | null>(null);
  const schemas = useListing<Schemas["LabelSchema"]>(["schemas", "list"], (cursor, signal) =>
    body(api.GET("/api/v1/label-schemas", { params: { query: { cursor, limit: 100 } }, signal })),
  ).data;
  const isNew = source === NEW || schemas?.length === 0;
  const problem = isNew ? draft.problem : schemas?.find((schema) => schema.id === picked)?.problem;
  const create = useMutation({
    mutationFn: async () => {
      const schema = isNew
        ? (await body(api.POST("/api/v1/label-schemas", { body: toSchema(draft, name) }))).id
        : (picked ?? "");
      return body(
        api.POST("/api/v1/datasets", {
          body: { name: name.trim(), slug: slugOf(name), label_schema: schema, acceptance: rule },
        }),
      );
    },
    onSuccess: (dataset) => {
      void queries.invalidateQueries({ queryKey: ["datasets"] });
      void queries.invalidateQueries({ queryKey: ["schemas"] });
      void navigate({ to: `/datasets/${dataset.id}` });
    },
  });
  return (
    <FormDialog
      title={t("create.title")}
      size="lg"
      onClose={onClose}
      onSubmit={() => create.mutate()}
      action={t("create.submit")}
      busy={create.isPending}
      disabled={!name.trim() || (!isNew && !picked)}
      error={create.error}
    >
      <TextInput
        label={t("create.name")}
        required
        maxLength={120}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {mayMakeSchema && schemas?.length !== 0 && (
        <SegmentedControl
          aria-label={t("create.schema")}
          data={[
            { value: "existing", label: t("create.existing") },
            { value: NEW, label: t("create.newSchema") },
          ]}
          value={source}
          onChange={setSource}
        />
      )}
      {isNew ? (
        <NewSchemaFields draft={draft} onChange={setDraft} />
      ) : (
        <Select
          label={t("create.schema")}
          description={t("create.schemaAbout")}
          required
          searchable
          data={(schemas ?? []).map((schema) => ({
            value: schema.id,
            label: `${schema.name} · ${t(`ui:problem_type.${schema.problem}`)}`,
          }))}
          value={picked}
          onChange={setPicked}
        />
      )}
      <AcceptanceFields problem={problem} rule={rule} onChange={setRule} />
    </FormDialog>
  );
}
