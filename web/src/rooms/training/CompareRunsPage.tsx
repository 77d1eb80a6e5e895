/* Two runs over each other: their curves, what differed in their settings, and what they measured. */
import { Anchor, SimpleGrid, Stack } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/ui/EmptyState";
import { Loading } from "@/ui/Loading";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { Section } from "@/ui/Section";
import { ComparedCurves } from "./ComparedCurves";
import { ComparedSettings } from "./ComparedSettings";
import { ComparedMetrics } from "./ComparedMetrics";
import { runQuery } from "./queries";
import { RunProgress } from "./RunProgress";

export function CompareRunsPage() {
  const { t } = useTranslation("training");
  const [{ a = "", b = "" }] = useSearchValues();
  const first = useQuery({ ...runQuery(a), enabled: a !== "" });
  const second = useQuery({ ...runQuery(b), enabled: b !== "" });
  const failure = first.error ?? second.error;
  const header = <PageHeader title={t("compare.title")} trail={[{ to: "/runs", label: t("list.title") }]} />;
  if (!a || !b) {
    return (
      <>
        {header}
        <EmptyState icon={IconScale} title={t("compare.empty.title")} text={t("compare.empty.text")}>
          <Anchor component={Link} to="/runs">
            {t("list.title")}
          </Anchor>
        </EmptyState>
      </>
    );
  }
  if (!first.data || !second.data) {
    return (
      <>
        {header}
        {failure ? <ProblemAlert error={failure} /> : <Loading />}
      </>
    );
  }
  const runs = [first.data, second.data] as const;
  return (
    <>
      {header}
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {runs.map((run) => (
            <Section
              key={run.id}
              title={`${t("run.title", { number: run.number })} · ${run.name}`}
              about={`${run.recipe} · ${run.dataset}:${run.dataset_number}`}
              actions={
                <Anchor component={Link} to={`/runs/${run.id}`}>
                  {t("ui:action.open")}
                </Anchor>
              }
            >
              <RunProgress run={run} wide />
            </Section>
          ))}
        </SimpleGrid>
        <ComparedCurves runs={runs} />
        <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
          <ComparedMetrics runs={runs} />
          <ComparedSettings runs={runs} />
        </SimpleGrid>
      </Stack>
    </>
  );
}
