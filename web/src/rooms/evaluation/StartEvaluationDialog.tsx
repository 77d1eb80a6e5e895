/* Starts an evaluation: which model, on which part of which version; a sealed test set asks for the reason. */
import { Input, SegmentedControl, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { DatasetVersionSelect } from "@/rooms/datasets/DatasetVersionSelect";
import { versionQuery } from "@/rooms/datasets/queries";
import { ModelSelect } from "@/rooms/models/ModelSelect";
import { modelQuery } from "@/rooms/models/queries";
import { FormDialog } from "@/ui/FormDialog";
import type { Evaluation } from "./queries";

const SPLITS: Evaluation["split"][] = ["test", "val", "train", "all"];

interface Props {
  model?: string;
  datasetVersion?: string;
  onClose: () => void;
}

export function StartEvaluationDialog({ model: proposed, datasetVersion, onClose }: Props) {
  const { t } = useTranslation("evaluation");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [modelId, setModel] = useState<string | null>(proposed ?? null);
  const [versionId, setVersion] = useState<string | null>(datasetVersion ?? null);
  const [split, setSplit] = useState<Evaluation["split"]>("test");
  const [reason, setReason] = useState("");
  const model = useQuery({ ...modelQuery(modelId ?? ""), enabled: Boolean(modelId) }).data;
  const version = useQuery({ ...versionQuery(versionId ?? ""), enabled: Boolean(versionId) }).data;
  const problem = model?.problem ?? version?.problem;
  const opens = Boolean(version?.sealed) && (split === "test" || split === "all");
  const start = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/evaluations", {
          body: {
            model_version: modelId ?? "",
            dataset_version: versionId ?? "",
            split,
            reason: reason.trim(),
          },
        }),
      ),
    onSuccess: (evaluation) => {
      void queries.invalidateQueries({ queryKey: ["evaluations"] });
      void navigate({ to: `/evaluations/${evaluation.id}` });
    },
  });
  const ready = modelId && versionId && (!opens || reason.trim().length >= 3);
  return (
    <FormDialog
      title={t("start.title")}
      size="lg"
      onClose={onClose}
      onSubmit={() => start.mutate()}
      action={t("start.submit")}
      busy={start.isPending}
      disabled={!ready}
      error={start.error}
    >
      <ModelSelect
        label={t("evaluation.model")}
        required
        value={modelId}
        onChange={(chosen) => setModel(chosen?.id ?? null)}
        problem={modelId ? undefined : version?.problem}
      />
      <DatasetVersionSelect
        value={versionId}
        onChange={(chosen) => setVersion(chosen?.id ?? null)}
        problem={problem}
      />
      <Input.Wrapper label={t("start.split")} labelElement="div" size="md">
        <SegmentedControl
          fullWidth
          aria-label={t("start.split")}
          data={SPLITS.map((one) => ({ value: one, label: t(`split.${one}`) }))}
          value={split}
          onChange={(one) => setSplit(one as Evaluation["split"])}
        />
        {split !== "test" && (
          <Text fz="sm" c="dimmed">
            {t("start.notTest")}
          </Text>
        )}
      </Input.Wrapper>
      {opens && (
        <Textarea
          label={t("start.reason")}
          description={t("start.reasonAbout")}
          required
          minLength={3}
          maxLength={2000}
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}
