/* Adds a line or a station to a site. */
import { Modal, Select, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { DialogActions } from "@/ui/DialogActions";
import { NameFields } from "./NameFields";
import type { Line } from "./queries";

export type PlaceKind = "line" | "station";

interface Props {
  kind: PlaceKind | null;
  site: string;
  lines: Line[];
  onClose: () => void;
}

export function AddPlace({ kind, ...props }: Props) {
  const { t } = useTranslation("sites");
  return (
    <Modal
      opened={kind !== null}
      onClose={props.onClose}
      title={kind && t(`add.${kind}`)}
      closeButtonProps={{ "aria-label": t("ui:action.close") }}
    >
      {kind && <PlaceForm kind={kind} {...props} />}
    </Modal>
  );
}

function PlaceForm({ kind, site, lines, onClose }: Props & { kind: PlaceKind }) {
  const { t } = useTranslation("sites");
  const queries = useQueryClient();
  const [named, setNamed] = useState({ name: "", slug: "" });
  const [line, setLine] = useState<string | null>(null);
  const add = useMutation({
    mutationFn: async (): Promise<unknown> => {
      const path = { site };
      return kind === "line"
        ? body(api.POST("/api/v1/sites/{site}/lines", { params: { path }, body: named }))
        : body(api.POST("/api/v1/sites/{site}/stations", { params: { path }, body: { ...named, line } }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["sites"] });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <NameFields value={named} example={t(`add.${kind}Example`)} onChange={setNamed} />
        {kind === "station" && (
          <Select
            label={t("add.ofLine")}
            description={t("add.ofLineAbout")}
            data={lines.map(({ slug, name }) => ({ value: slug, label: name }))}
            value={line}
            onChange={setLine}
            disabled={lines.length === 0}
            clearable
          />
        )}
        <DialogActions action={t("add.save")} busy={add.isPending} error={add.error} onClose={onClose} />
      </Stack>
    </form>
  );
}
