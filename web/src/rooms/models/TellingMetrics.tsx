/* The few figures that say most about a model, one a line. */
import { Stack, Text } from "@mantine/core";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";

const TELLING = ["map50", "map33", "auroc", "balanced_accuracy", "accuracy", "f1", "mae", "rmse", "loss"];

interface Props {
  metrics: Record<string, number>;
  shown?: number;
}

export function TellingMetrics({ metrics, shown = 2 }: Props) {
  const format = useFormat();
  const nameOf = useMetricName();
  const given = Object.keys(metrics);
  const names = TELLING.flatMap(
    (name) => given.find((one) => one === name || one.endsWith(`.${name}`)) ?? [],
  ).slice(0, shown);
  if (!names.length) return <>–</>;
  return (
    <Stack gap={0} className="tabular">
      {names.map((name) => (
        <Text key={name} span fz="sm">
          {nameOf(name)} <b>{format.metric(metrics[name] ?? 0)}</b>
        </Text>
      ))}
    </Stack>
  );
}
