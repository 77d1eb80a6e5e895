/* Verdicts and decisions in colour, sign and word: never colour alone. */
import { Badge } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCertificate,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconEye,
  IconEyeExclamation,
  IconHelpCircle,
  IconHourglassLow,
  IconLoader,
  IconPlayerPlay,
  IconPlayerStop,
  IconTrendingDown,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

const SIGNS = {
  satisfactory: { colour: "good", icon: IconCircleCheck },
  not_satisfactory: { colour: "bad", icon: IconCircleX },
  undecided: { colour: "warn", icon: IconHelpCircle },
  too_few: { colour: "info", icon: IconHourglassLow },
  not_evaluated: { colour: "none", icon: IconCircleDashed },
  pass: { colour: "good", icon: IconCircleCheck },
  fail: { colour: "bad", icon: IconCircleX },
  unsure: { colour: "warn", icon: IconHelpCircle },
  better: { colour: "good", icon: IconCircleCheck },
  worse: { colour: "bad", icon: IconCircleX },
  queued: { colour: "none", icon: IconCircleDashed },
  claimed: { colour: "info", icon: IconLoader },
  running: { colour: "info", icon: IconPlayerPlay },
  uploading: { colour: "info", icon: IconLoader },
  collecting: { colour: "info", icon: IconLoader },
  checking: { colour: "info", icon: IconPlayerPlay },
  checked: { colour: "info", icon: IconHelpCircle },
  succeeded: { colour: "good", icon: IconCircleCheck },
  failed: { colour: "bad", icon: IconCircleX },
  cancelled: { colour: "warn", icon: IconPlayerStop },
  active: { colour: "good", icon: IconCircleCheck },
  superseded: { colour: "none", icon: IconCircleDashed },
  certified: { colour: "good", icon: IconCertificate },
  violated: { colour: "bad", icon: IconCircleX },
  fallen: { colour: "warn", icon: IconTrendingDown },
  not_shown: { colour: "info", icon: IconHourglassLow },
  watch_quiet: { colour: "good", icon: IconEye },
  watch_amber: { colour: "warn", icon: IconEyeExclamation },
  watch_alarm: { colour: "bad", icon: IconAlertTriangle },
  watch_collecting: { colour: "info", icon: IconHourglassLow },
  watch_paused: { colour: "none", icon: IconPlayerStop },
  not_watched: { colour: "none", icon: IconCircleDashed },
  accepted: { colour: "good", icon: IconCircleCheck },
  flagged: { colour: "warn", icon: IconHelpCircle },
  refused: { colour: "bad", icon: IconCircleX },
  incident_open: { colour: "bad", icon: IconAlertTriangle },
  incident_acknowledged: { colour: "warn", icon: IconEye },
  incident_closed: { colour: "none", icon: IconCircleCheck },
  undone: { colour: "warn", icon: IconPlayerStop },
} as const;

export type Sign = keyof typeof SIGNS;

interface Props {
  value: string;
  size?: "sm" | "md" | "lg" | "xl";
}

/** A verdict, decision or state; an unknown word is shown as it is. */
export function SignBadge({ value, size = "md" }: Props) {
  const { t } = useTranslation();
  const { colour, icon: Icon } = SIGNS[value as Sign] ?? { colour: "none", icon: IconCircleDashed };
  return (
    <Badge
      color={colour}
      variant="light"
      size={size}
      radius="sm"
      tt="none"
      fw={600}
      leftSection={<Icon size={size === "xl" ? 22 : 16} aria-hidden />}
      style={{ flexShrink: 0, minWidth: "max-content" }}
    >
      {t(`sign.${value}`, { defaultValue: value })}
    </Badge>
  );
}
