/* Who opened the sealed test set, when and why; and the way to open it. */
import { Button, Text, Textarea } from "@mantine/core";
import { IconLockOpen } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { MoreButton } from "@/ui/MoreButton";
import { FormDialog } from "@/ui/FormDialog";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import { type DatasetVersion, useOpenings } from "./queries";

type Opening = Schemas["SealedOpening"];

export function Openings({ version }: { version: DatasetVersion }) {
  const { t } = useTranslation("datasets");
  const may = useMay("datasets:open");
  const [asking, setAsking] = useState(false);
  const openings = useOpenings(version.id);
  const columns: Column<Opening>[] = [
    { key: "at", title: t("openings.at"), cell: (one) => <TimeAgo at={one.at} /> },
    { key: "purpose", title: t("openings.purpose"), cell: (one) => t(`openings.by.${one.purpose}`) },
    { key: "actor", title: t("openings.actor"), cell: (one) => one.actor },
    { key: "reason", title: t("openings.reason"), cell: (one) => one.reason || "–" },
  ];
  const open = may && (
    <Button
      variant="default"
      leftSection={<IconLockOpen size={18} aria-hidden />}
      onClick={() => setAsking(true)}
    >
      {t("openings.open")}
    </Button>
  );
  return (
    <Section title={t("openings.title")} about={t("openings.about")} actions={open}>
      <Answer query={openings}>
        {(rows) =>
          rows.length ? (
            <>
              <DataTable
                rows={rows}
                columns={columns}
                rowKey={(one) => one.id}
                caption={t("openings.title")}
              />
              <MoreButton query={openings} />
            </>
          ) : (
            <Text c="dimmed">{t("openings.none")}</Text>
          )
        }
      </Answer>
      {asking && <OpenDialog version={version} onClose={() => setAsking(false)} />}
    </Section>
  );
}

function OpenDialog({ version, onClose }: { version: DatasetVersion; onClose: () => void }) {
  const { t } = useTranslation("datasets");
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const open = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/dataset-versions/{version}/openings", {
          params: { path: { version: version.id } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["datasets"] });
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("openings.askTitle", { dataset: version.dataset, number: version.number })}
      action={t("openings.open")}
      color="bad"
      busy={open.isPending}
      disabled={reason.trim().length < 3}
      error={open.error}
      onClose={onClose}
      onSubmit={() => open.mutate()}
    >
      <Text>{t("openings.askWhat")}</Text>
      <Textarea
        label={t("openings.reason")}
        required
        minLength={3}
        maxLength={2000}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
