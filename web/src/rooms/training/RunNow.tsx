/* Where the run is now, readable from across the room. */
import { Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { tellSmall, useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { isRunning, type Run } from "./queries";
import { RunProgress } from "./RunProgress";

const SHOWN = 8;

export function RunNow({ run }: { run: Run }) {
  const { t } = useTranslation("training");
  const format = useFormat();
  const nameOf = useMetricName();
  const values = Object.entries(run.metrics ?? {}).slice(0, SHOWN);
  const message = run.cancel_requested && isRunning(run) ? t("now.stopping") : run.message;
  return (
    <Section title={t(isRunning(run) ? "now.running" : "now.ended")} about={message || undefined}>
      <Stack>
        <RunProgress run={run} wide />
        {run.state === "queued" && <Text>{t("now.queued", { recipe: run.recipe })}</Text>}
        {values.length > 0 && (
          <Group gap="xl" component="dl" m={0}>
            {values.map(([name, value]) => (
              <div key={name}>
                <Text component="dt" fz="sm" c="dimmed">
                  {nameOf(name)}
                </Text>
                <Text component="dd" m={0} fz="xl" fw={650} className="tabular">
                  {tellSmall(value, format)}
                </Text>
              </div>
            ))}
          </Group>
        )}
      </Stack>
    </Section>
  );
}
