/* What a person does with an incident: acknowledge, assign, close with a reason, reopen. */
import { Button, Modal, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconCircleCheck, IconEye, IconRotate, IconUser } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/app/session";
import { DialogActions } from "@/ui/DialogActions";
import { type Incident, type IncidentDone, type IncidentState, useIncidentAct } from "./queries";

type Act = IncidentDone["act"];

const POSSIBLE: Record<IncidentState, Act[]> = {
  open: ["acknowledge", "assign", "close"],
  acknowledged: ["assign", "close"],
  closed: ["reopen"],
};
const ICONS = { acknowledge: IconEye, assign: IconUser, close: IconCircleCheck, reopen: IconRotate };
const CAUSES = [
  "upstream", "focus", "light", "mount", "recompression", "new_product", "prevalence", "definition",
  "annotators", "new_defect", "sensor_fault", "release", "unknown",
]; // prettier-ignore

export function IncidentActs({ incident }: { incident: Incident }) {
  const { t } = useTranslation("monitoring");
  const [act, setAct] = useState<Act | null>(null);
  const possible = incident.merged_into ? [] : POSSIBLE[incident.state];
  return (
    <>
      {possible.map((one) => {
        const Icon = ICONS[one];
        return (
          <Button
            key={one}
            variant={one === possible[0] ? "filled" : "default"}
            leftSection={<Icon size={18} aria-hidden />}
            onClick={() => setAct(one)}
          >
            {t(`act.${one}`)}
          </Button>
        );
      })}
      {act && <ActDialog key={act} act={act} incident={incident} onClose={() => setAct(null)} />}
    </>
  );
}

interface DialogProps {
  act: Act;
  incident: Incident;
  onClose: () => void;
}

function ActDialog({ act, incident, onClose }: DialogProps) {
  const { t } = useTranslation("monitoring");
  const { email } = useSession();
  const [text, setText] = useState("");
  const [assignee, setAssignee] = useState(incident.assignee ?? email);
  const [cause, setCause] = useState<string | null>(incident.cause === "unknown" ? null : incident.cause);
  const done = useIncidentAct(incident.id);
  const closing = act === "close";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const note = text.trim();
    const asked: IncidentDone = closing
      ? { act, reason: note, confirmed_cause: cause }
      : act === "assign"
        ? { act, assignee: assignee.trim(), note }
        : { act, note };
    done.mutate(asked, { onSuccess: onClose });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(`act.${act}Title`, { number: incident.number })}
      closeButtonProps={{ "aria-label": t("ui:action.close") }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text>{t(`act.${act}About`)}</Text>
          {act === "assign" && (
            <TextInput
              type="email"
              label={t("act.assignee")}
              value={assignee}
              onChange={(event) => setAssignee(event.currentTarget.value)}
              required
              data-autofocus
              maxLength={200}
            />
          )}
          <Textarea
            label={closing ? t("act.reason") : t("act.note")}
            description={closing && t("act.reasonAbout")}
            required={closing}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            maxLength={2000}
            autosize
            minRows={2}
            {...(act === "assign" ? {} : { "data-autofocus": true })}
          />
          {closing && (
            <Select
              label={t("act.cause")}
              description={t("act.causeAbout")}
              placeholder={t("act.noCause")}
              data={CAUSES.map((value) => ({ value, label: t(`cause.${value}`) }))}
              value={cause}
              onChange={setCause}
              clearable
              clearButtonProps={{ "aria-label": t("act.noCause") }}
            />
          )}
          <DialogActions
            action={t(`act.${act}`)}
            busy={done.isPending}
            disabled={closing ? !text.trim() : act === "assign" && !assignee.trim()}
            error={done.error}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
