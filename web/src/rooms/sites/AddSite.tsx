/* Adds a site: what it is called, and the time zone that its days are counted in. */
import { Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { FormDialog } from "@/ui/FormDialog";
import { NameFields } from "./NameFields";

const ZONES = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];

export function AddSite({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("sites");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [named, setNamed] = useState({ name: "", slug: "" });
  const [zone, setZone] = useState(ZONES.includes(here) ? here : "UTC");
  const add = useMutation({
    mutationFn: () => body(api.POST("/api/v1/sites", { body: { ...named, time_zone: zone } })),
    onSuccess: async ({ slug }) => {
      await queries.invalidateQueries({ queryKey: ["sites"] });
      onClose();
      await navigate({ to: `/sites/${slug}` });
    },
  });
  return (
    <FormDialog
      title={t("add.site")}
      action={t("add.save")}
      busy={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={() => add.mutate()}
    >
      <NameFields value={named} example={t("add.siteExample")} onChange={setNamed} />
      <Select
        label={t("add.zone")}
        data={ZONES}
        value={zone}
        onChange={(chosen) => setZone(chosen ?? "UTC")}
        limit={80}
        searchable
        required
      />
    </FormDialog>
  );
}
