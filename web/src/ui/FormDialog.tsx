/* A dialog that asks something and does one thing with the answers. Owns its frame, its foot and its way out. */
import { Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { DialogActions } from "./DialogActions";

interface Props {
  title: string;
  /** What the act is called, in the imperative. */
  action: string;
  busy: boolean;
  disabled?: boolean;
  error: unknown;
  /** "bad" for an act that cannot be taken back. */
  color?: "bad";
  size?: "md" | "lg";
  onClose: () => void;
  onSubmit: () => void;
  children: ReactNode;
}

export function FormDialog({ title, size = "md", onClose, onSubmit, children, ...foot }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      size={size}
      title={title}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Stack>
          {children}
          <DialogActions {...foot} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
