/* Puts a model version to work at a site or one of its stations, with the reason that the history keeps. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { FormDialog } from "@/ui/FormDialog";
import { type DeployChoice, DeployFields, isComplete } from "./DeployFields";
import type { Deployment, ModelVersion } from "./queries";
import { overridesOf } from "./thresholds";

interface Props {
  /** The site, station or version that the page is about: chosen already. */
  first?: Partial<DeployChoice>;
  onClose: () => void;
  onDeployed: (deployment: Deployment) => void;
}

const EMPTY: DeployChoice = { site: "", station: "", model: null, reason: "", thresholds: {} };

export function DeployDialog({ first, onClose, onDeployed }: Props) {
  const { t } = useTranslation("deployments");
  const queries = useQueryClient();
  const [choice, setChoice] = useState<DeployChoice>({ ...EMPTY, ...first });
  const deploy = useMutation({
    mutationFn: ({ site, station, model, reason, thresholds }: DeployChoice & { model: ModelVersion }) =>
      body(
        api.POST("/api/v1/sites/{site}/deployments", {
          params: { path: { site } },
          body: {
            model_version: model.id,
            station: station || null,
            reason: reason.trim(),
            thresholds: overridesOf(thresholds, model.thresholds ?? {}),
          },
        }),
      ),
    onSuccess: async (deployment) => {
      await Promise.all(
        ["deployments", "sites", "predictions"].map((topic) =>
          queries.invalidateQueries({ queryKey: [topic] }),
        ),
      );
      onDeployed(deployment);
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("deploy.title")}
      size="lg"
      action={t("deploy.action")}
      busy={deploy.isPending}
      disabled={!isComplete(choice)}
      error={deploy.error}
      onClose={onClose}
      onSubmit={() => {
        if (isComplete(choice)) deploy.mutate(choice);
      }}
    >
      <DeployFields choice={choice} onChange={setChoice} />
    </FormDialog>
  );
}
