/* Goes back to the version before, and says which one that is. */
import { Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { ConfirmDestroy } from "@/ui/ConfirmDestroy";
import { type Deployment, deploymentQuery, versionName } from "./queries";
import { usePlaceName } from "./usePlaceName";

interface Props {
  /** The active deployment that ends; null closes the dialog. */
  deployment: Deployment | null;
  /** What answers at the whole site, for a station that has had no version of its own before. */
  ofSite: Deployment | undefined;
  onClose: () => void;
  onUndone: (nowActive: Deployment) => void;
}

export function UndoDialog({ deployment, ofSite, onClose, onUndone }: Props) {
  const { t } = useTranslation("deployments");
  const queries = useQueryClient();
  const nameOf = usePlaceName();
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const previous = useQuery(deploymentQuery(deployment?.previous_id));
  const close = () => {
    setReason("");
    setMissing(false);
    undo.reset();
    onClose();
  };
  const undo = useMutation({
    mutationFn: ({ site, station }: Deployment) =>
      body(
        api.POST("/api/v1/sites/{site}/deployments/undo", {
          params: { path: { site } },
          body: { station: station ?? null, reason: reason.trim() },
        }),
      ),
    onSuccess: async (nowActive) => {
      await Promise.all(
        ["deployments", "sites", "predictions"].map((topic) =>
          queries.invalidateQueries({ queryKey: [topic] }),
        ),
      );
      close();
      onUndone(nowActive);
    },
  });
  const then = previous.data ?? (deployment?.previous_id ? undefined : ofSite);
  const place = deployment ? nameOf(deployment) : "";
  return (
    <ConfirmDestroy
      opened={deployment !== null}
      title={t("undo.title", { place })}
      what={
        deployment && (
          <Stack>
            <Text>
              {t("undo.ends", {
                version: versionName(deployment.model_name, deployment.model_number),
                place,
              })}{" "}
              {then && (
                <strong>
                  {t("undo.then", { version: versionName(then.model_name, then.model_number), place })}
                </strong>
              )}
            </Text>
            <Text fz="sm" c="dimmed">
              {t("undo.stays")}
            </Text>
            <Textarea
              label={t("undo.reason")}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              error={missing && !reason.trim() ? t("undo.reasonMissing") : null}
              maxLength={2000}
              autosize
              minRows={2}
              required
            />
          </Stack>
        )
      }
      action={t("undo.action")}
      busy={undo.isPending}
      error={undo.error}
      onClose={close}
      onConfirm={() => (reason.trim() && deployment ? undo.mutate(deployment) : setMissing(true))}
    />
  );
}

/** Say whether an undo would leave something that answers. */
export const canUndo = (deployment: Deployment, ofSite: Deployment | undefined) =>
  Boolean(deployment.previous_id) || (deployment.station_id != null && ofSite !== undefined);
