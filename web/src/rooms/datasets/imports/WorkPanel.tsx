/* An import at work: dry run or run, how far, and how to stop it. */
import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { Section } from "@/ui/Section";
import { type Import, useImportAct } from "./queries";

export function WorkPanel({ one, onCancel }: { one: Import; onCancel: () => void }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const act = useImportAct(one.id);
  const checking = one.state === "checking";
  return (
    <Section title={t(`work.${one.state}.title`)} about={t(`work.${one.state}.about`)}>
      <Stack gap="md">
        <Progress.Root size={14} radius="sm">
          <Progress.Section
            value={Math.max(2, one.progress * 100)}
            aria-label={t("work.progress")}
            color="brand"
          />
        </Progress.Root>
        <Text role="status" className="tabular">
          {format.percent(one.progress)} {one.message}
        </Text>
        {act.error && <ProblemAlert error={act.error} />}
        <Group>
          <Button
            variant="default"
            loading={act.isPending}
            onClick={() => (checking ? act.mutate({ act: "cancel" }) : onCancel())}
          >
            {t(checking ? "work.stopCheck" : "work.stopRun")}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}
