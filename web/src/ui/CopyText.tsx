/* A hash or id, shortened for the eye, whole for the clipboard. */
import { ActionIcon, Code, CopyButton, Group, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export function CopyText({ text, shown = 16 }: { text: string; shown?: number }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap">
      <Tooltip label={text} multiline maw={520}>
        <Code tabIndex={0}>{text.length > shown ? `${text.slice(0, shown)}…` : text}</Code>
      </Tooltip>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <ActionIcon onClick={copy} aria-label={copied ? t("action.copied") : t("action.copy")}>
            {copied ? <IconCheck size={18} aria-hidden /> : <IconCopy size={18} aria-hidden />}
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  );
}
