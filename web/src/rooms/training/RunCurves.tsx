/* The curves of a run while it goes on: metrics and losses first, the rest below. */
import { SimpleGrid, Switch, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { LineChart } from "@/charts/LineChart";
import { Answer } from "@/ui/Answer";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { groupCurves, readCurves } from "./curves";
import { usePoints } from "./queries";

export function RunCurves({ run, running }: { run: string; running: boolean }) {
  const { t } = useTranslation("training");
  const nameOf = useMetricName();
  const [smoothed, setSmoothed] = useState(false);
  const points = usePoints(run, running);
  const groups = useMemo(() => {
    const curves = readCurves(points.data?.items ?? []);
    return groupCurves(curves).map(({ kind, curves: group }) => ({
      kind,
      series: group.map(({ name, points: line }) => ({ name: nameOf(name), points: line })),
    }));
  }, [points.data, nameOf]);
  const toggle = (
    <Switch
      label={t("curves.smooth")}
      checked={smoothed}
      onChange={(event) => setSmoothed(event.currentTarget.checked)}
      size="md"
    />
  );
  return (
    <Section title={t("curves.title")} about={t("curves.about")} actions={toggle}>
      <Answer query={points}>
        {() =>
          groups.length ? (
            <SimpleGrid cols={{ base: 1, lg: groups.length > 1 ? 2 : 1 }} spacing="lg">
              {groups.map(({ kind, series }) => (
                <LineChart
                  key={kind + (series[0]?.name ?? "")}
                  series={series}
                  smoothed={smoothed}
                  xName={t("curves.step")}
                  yName={kind === "other" ? series[0]?.name : t(`curves.${kind}`)}
                  label={t("curves.label", { names: series.map(({ name }) => name).join(", ") })}
                />
              ))}
            </SimpleGrid>
          ) : (
            <Text c="dimmed">{t(running ? "curves.soon" : "curves.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}
