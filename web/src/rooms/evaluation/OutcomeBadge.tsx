/* What became of the piece: in colour, sign and word. */
import { Badge } from "@mantine/core";
import {
  IconArrowBigUpLines,
  IconCircleCheck,
  IconCircleX,
  IconHelpCircle,
  IconTrash,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

const LOOKS = {
  escape: { colour: "bad", icon: IconArrowBigUpLines },
  overkill: { colour: "warn", icon: IconTrash },
  wrong: { colour: "bad", icon: IconCircleX },
  unsure: { colour: "info", icon: IconHelpCircle },
  right: { colour: "good", icon: IconCircleCheck },
} as const;

export function OutcomeBadge({ outcome }: { outcome: string }) {
  const { t } = useTranslation("evaluation");
  const { colour, icon: Icon } = LOOKS[outcome as keyof typeof LOOKS] ?? LOOKS.unsure;
  return (
    <Badge
      color={colour}
      variant="light"
      radius="sm"
      tt="none"
      fw={600}
      leftSection={<Icon size={16} aria-hidden />}
    >
      {t(`outcome.${outcome}`, { defaultValue: outcome })}
    </Badge>
  );
}
