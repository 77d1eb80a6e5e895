/* Changes what may change of a dataset: its name and what is good enough. */
import { Modal, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { DialogActions } from "@/ui/DialogActions";
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
    <Modal
      opened
      onClose={onClose}
      title={t("change.title", { name: dataset.name })}
      closeButtonProps={{ "aria-label": t("ui:action.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Stack>
          <TextInput
            label={t("create.name")}
            required
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <AcceptanceFields problem={dataset.problem} rule={rule} onChange={setRule} />
          <DialogActions
            action={t("ui:action.save")}
            busy={change.isPending}
            disabled={!name.trim()}
            error={change.error}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
