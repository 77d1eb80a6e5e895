/* The signals of one group: a line each; those that did not move are folded into one line that opens. */
import { Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { SignalSeries, TimeMark } from "./queries";
import { SignalLine } from "./SignalLine";
import classes from "./TimeLines.module.css";
import { isStill, type Span } from "./timeline";
import { useChannelName } from "./useWords";

interface Props {
  name: string;
  series: SignalSeries[];
  bucketS: number;
  span: Span;
  marks: TimeMark[];
}

export function SignalGroup({ name, series, ...drawn }: Props) {
  const still = series.filter(isStill);
  const moving = still.length > 1 ? series.filter((one) => !still.includes(one)) : series;
  return (
    <div role="group" aria-label={name}>
      <div className={classes.group}>{name}</div>
      {moving.map((each) => (
        <SignalLine key={each.channel} series={each} {...drawn} />
      ))}
      {still.length > 1 && <StillSignals series={still} {...drawn} />}
    </div>
  );
}

function StillSignals({ series, ...drawn }: Omit<Props, "name">) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const nameOf = useChannelName();
  const [opened, setOpened] = useState(false);
  return (
    <details className={classes.still} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary className={classes.summary}>
        {t("lines.still", { count: series.length, shown: format.integer(series.length) })}{" "}
        <Text span fz="sm" c="dimmed">
          {series.map(({ channel }) => nameOf(channel)).join(", ")}
        </Text>
      </summary>
      {opened && series.map((each) => <SignalLine key={each.channel} series={each} {...drawn} />)}
    </details>
  );
}
