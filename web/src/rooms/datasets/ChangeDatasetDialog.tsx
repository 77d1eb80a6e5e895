/* Changes what may change of a dataset: its name and what is good enough. */
import { TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { FormDialog } from "@/ui/FormDialog";
import { AcceptanceFields } from "./AcceptanceFields";
import type { Dataset } from "./queries";

export function ChangeDatasetDialog({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const { t } = useTranslation("datasets");
  const queries = useQueryClient();
  const [name, setName] = useState(dataset.name);
  const [rule, setRule] = useState(dataset.acceptance ?? null);
  const change = useMutation({
    mutationFn: () =>
      body(
        api.PATCH("/api/v1/datasets/{dataset}", {
          params: { path: { dataset: dataset.id } },
          body: { name: name.trim(), acceptance: rule },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["datasets"] });
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("change.title", { name: dataset.name })}
      onClose={onClose}
      onSubmit={() => change.mutate()}
      action={t("ui:action.save")}
      busy={change.isPending}
      disabled={!name.trim()}
      error={change.error}
    >
      <TextInput
        label={t("create.name")}
        required
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <AcceptanceFields problem={dataset.problem} rule={rule} onChange={setRule} />
    </FormDialog>
  );
}
