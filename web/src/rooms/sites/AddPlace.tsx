/* Adds a line or a station to a site. */
import { Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { FormDialog } from "@/ui/FormDialog";
import { NameFields } from "./NameFields";
import type { Line } from "./queries";

export type PlaceKind = "line" | "station";

interface Props {
  kind: PlaceKind;
  site: string;
  lines: Line[];
  onClose: () => void;
}

export function AddPlace({ kind, site, lines, onClose }: Props) {
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
  return (
    <FormDialog
      title={t(`add.${kind}`)}
      action={t("add.save")}
      busy={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={() => add.mutate()}
    >
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
    </FormDialog>
  );
}
