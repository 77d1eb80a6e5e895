/* How far a run is, in a bar and in words. */
import { Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { isRunning, type Run } from "./queries";

export function RunProgress({ run, wide }: { run: Run; wide?: boolean }) {
  const { t } = useTranslation("training");
  const format = useFormat();
  const percent = format.percent(run.progress);
  const left =
    isRunning(run) && run.eta_s != null ? t("progress.left", { time: format.duration(run.eta_s) }) : "";
  return (
    <Stack gap={4} miw={wide ? undefined : 130}>
      <Group justify="space-between" gap="xs" wrap="nowrap" className="tabular" fz={wide ? "md" : "sm"}>
        <Text span inherit fw={600}>
          {percent}
        </Text>
        <Text span inherit c="dimmed" truncate>
          {left}
        </Text>
      </Group>
      <Progress
        value={run.progress * 100}
        size={wide ? "lg" : "sm"}
        color={run.state === "failed" ? "bad" : "brand"}
        aria-label={t("progress.label", { number: run.number, percent })}
      />
    </Stack>
  );
}
