/* The few latest values that say most about a run. */
import { Stack, Text } from "@mantine/core";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import type { Run } from "./queries";

const TELLING = ["map50", "map33", "auroc", "balanced_accuracy", "accuracy", "f1", "mae", "rmse", "loss"];
const SHOWN = 2;

export function LatestMetrics({ run }: { run: Run }) {
  const format = useFormat();
  const nameOf = useMetricName();
  const names = TELLING.filter((name) => run.metrics?.[name] !== undefined).slice(0, SHOWN);
  if (!names.length) return <>–</>;
  return (
    <Stack gap={0} className="tabular">
      {names.map((name) => (
        <Text key={name} span fz="sm" style={{ whiteSpace: "nowrap" }}>
          {nameOf(name)} <b>{format.metric(run.metrics?.[name] ?? 0)}</b>
        </Text>
      ))}
    </Stack>
  );
}
