/* One run, live: how far it is, its curves and its log, and what it became. */
import { Button, SimpleGrid, Stack } from "@mantine/core";
import { IconCpu } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { Section } from "@/ui/Section";
import { isRunning, runQuery } from "./queries";
import { RunActions } from "./RunActions";
import { RunCurves } from "./RunCurves";
import { RunError } from "./RunError";
import { RunConfig, RunFacts } from "./RunFacts";
import { RunLog } from "./RunLog";
import { RunNow } from "./RunNow";

export function RunPage() {
  const { t } = useTranslation("training");
  const run = useQuery(runQuery(useParam("run")));
  return (
    <Answer query={run}>
      {(found) => (
        <>
          <PageHeader
            title={`${t("run.title", { number: found.number })} · ${found.name}`}
            trail={[{ to: "/runs", label: t("list.title") }]}
            about={<SignBadge value={found.state} size="lg" />}
          >
            <RunActions run={found} />
            {found.model_version_id && (
              <Button
                component={Link}
                to={`/models/${found.model_version_id}`}
                leftSection={<IconCpu size={18} aria-hidden />}
              >
                {t("run.openModel")}
              </Button>
            )}
          </PageHeader>
          <Stack gap="md">
            {found.error && <RunError error={found.error} />}
            <RunNow run={found} />
            <RunCurves run={found.id} running={isRunning(found)} />
            <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
              <Section title={t("run.facts")}>
                <RunFacts run={found} />
              </Section>
              <Section title={t("run.config")}>
                <RunConfig run={found} />
              </Section>
            </SimpleGrid>
            <RunLog run={found.id} running={isRunning(found)} />
          </Stack>
        </>
      )}
    </Answer>
  );
}
