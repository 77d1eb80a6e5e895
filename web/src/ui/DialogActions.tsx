/* The foot of a dialog's form: what went wrong, the way out, and the act. */
import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "./ProblemAlert";

interface Props {
  action: string;
  busy: boolean;
  disabled?: boolean;
  error: unknown;
  color?: "bad" | undefined;
  onClose: () => void;
}

export function DialogActions({ action, busy, disabled = false, error, color, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <>
      {error ? <ProblemAlert error={error} /> : null}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("action.cancel")}
        </Button>
        <Button type="submit" loading={busy} disabled={disabled} {...(color && { color })}>
          {action}
        </Button>
      </Group>
    </>
  );
}
