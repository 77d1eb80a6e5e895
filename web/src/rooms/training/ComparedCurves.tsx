/* The curves that two runs share, laid over each other, one chart a value. */
import { SimpleGrid, Switch, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { LineChart } from "@/charts/LineChart";
import { useMetricName } from "@/ui/metrics";
import { Section } from "@/ui/Section";
import { readCurves } from "./curves";
import { isRunning, type Run, usePoints } from "./queries";

export function ComparedCurves({ runs: [a, b] }: { runs: readonly [Run, Run] }) {
  const { t } = useTranslation("training");
  const nameOf = useMetricName();
  const [smoothed, setSmoothed] = useState(false);
  const first = usePoints(a.id, isRunning(a)).data;
  const second = usePoints(b.id, isRunning(b)).data;
  const charts = useMemo(() => {
    const [left, right] = [readCurves(first?.items ?? []), readCurves(second?.items ?? [])];
    const names = [...new Set([...left, ...right].map(({ name }) => name))];
    const find = (curves: typeof left, name: string) =>
      curves.find((curve) => curve.name === name)?.points ?? [];
    return names.map((name) => ({
      name,
      series: [
        { name: t("run.title", { number: a.number }), points: find(left, name) },
        { name: t("run.title", { number: b.number }), points: find(right, name) },
      ],
    }));
  }, [first, second, a.number, b.number, t]);
  const toggle = (
    <Switch
      label={t("curves.smooth")}
      checked={smoothed}
      onChange={(event) => setSmoothed(event.currentTarget.checked)}
      size="md"
    />
  );
  return (
    <Section title={t("curves.title")} actions={toggle}>
      {charts.length === 0 && <Text c="dimmed">{t("curves.none")}</Text>}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        {charts.map(({ name, series }) => (
          <LineChart
            key={name}
            series={series}
            smoothed={smoothed}
            xName={t("curves.step")}
            yName={nameOf(name)}
            label={t("compare.curve", { name: nameOf(name), a: a.number, b: b.number })}
          />
        ))}
      </SimpleGrid>
    </Section>
  );
}
