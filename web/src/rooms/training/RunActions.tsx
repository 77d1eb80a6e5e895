/* Stops a run, or takes a stopped one up again. */
import { Button } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { useMay } from "@/app/session";
import { ConfirmDestroy } from "@/ui/ConfirmDestroy";
import { useFormat } from "@/ui/format";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { isRunning, type Run } from "./queries";

export function RunActions({ run }: { run: Run }) {
  const { t } = useTranslation("training");
  const format = useFormat();
  const queries = useQueryClient();
  const may = useMay("runs:write");
  const [asking, setAsking] = useState(false);
  const path = { params: { path: { run: run.id } } };
  const refresh = () => {
    setAsking(false);
    return queries.invalidateQueries({ queryKey: ["runs"] });
  };
  const cancel = useMutation({
    mutationFn: () => body(api.POST("/api/v1/runs/{run}/cancel", path)),
    onSuccess: refresh,
  });
  const resume = useMutation({
    mutationFn: () => body(api.POST("/api/v1/runs/{run}/resume", path)),
    onSuccess: refresh,
  });
  if (!may || run.state === "succeeded") return null;
  if (!isRunning(run)) {
    return (
      <>
        <Button
          leftSection={<IconPlayerPlay size={18} aria-hidden />}
          loading={resume.isPending}
          onClick={() => resume.mutate()}
        >
          {t("resume.open")}
        </Button>
        {resume.error ? <ProblemAlert error={resume.error} /> : null}
      </>
    );
  }
  return (
    <>
      <Button
        variant="default"
        disabled={run.cancel_requested}
        leftSection={<IconPlayerStop size={18} aria-hidden />}
        onClick={() => setAsking(true)}
      >
        {t(run.cancel_requested ? "cancel.asked" : "cancel.open")}
      </Button>
      <ConfirmDestroy
        opened={asking}
        title={t("cancel.title", { number: run.number })}
        what={t("cancel.what", { name: run.name, percent: format.percent(run.progress) })}
        action={t("cancel.open")}
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate()}
        onClose={() => setAsking(false)}
      />
    </>
  );
}
