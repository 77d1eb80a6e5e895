/* Calibrates a station's gate anew: a logged act, with a reason. */
import { Checkbox, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DialogActions } from "@/ui/DialogActions";
import { useFormat } from "@/ui/format";
import { type StationGate, useCalibration } from "./gate";

interface Props {
  site: string;
  gate: StationGate;
  name: string;
  onClose: () => void;
}

const SHORTEST = 3;

export function CalibrateDialog({ site, gate, name, onClose }: Props) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const [reason, setReason] = useState("");
  const [include, setInclude] = useState(false);
  const calibrate = useCalibration(site, gate.station);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("gate.calibrateTitle", { station: name })}
      closeButtonProps={{ "aria-label": t("ui:action.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          calibrate.mutate({ reason: reason.trim(), include_refused: include }, { onSuccess: onClose });
        }}
      >
        <Stack>
          <Text>
            {t("gate.calibrateAbout", {
              count: gate.n_available,
              shown: format.integer(gate.n_available),
            })}
          </Text>
          <Textarea
            label={t("act.reason")}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            required
            minLength={SHORTEST}
            maxLength={2000}
            autosize
            minRows={2}
            data-autofocus
          />
          <Checkbox
            label={t("gate.include")}
            description={t("gate.includeAbout")}
            checked={include}
            onChange={(event) => setInclude(event.currentTarget.checked)}
          />
          <DialogActions
            action={t("gate.calibrate")}
            busy={calibrate.isPending}
            disabled={reason.trim().length < SHORTEST}
            error={calibrate.error}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
