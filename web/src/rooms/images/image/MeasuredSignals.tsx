/* The signals of one image, each at its place in the reference: the unusual ones in sight, all of them on request. */
import { Button, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ImageWatch } from "@/rooms/monitoring/queries";
import { useChannelName } from "@/rooms/monitoring/useWords";
import { useFormat } from "@/ui/format";
import classes from "./Measured.module.css";
import { isUnusual, mostUnusualFirst } from "./unusual";

type Signal = ImageWatch["signals"][number];
const FIRST = 6;

export function MeasuredSignals({ signals }: { signals: Signal[] }) {
  const { t } = useTranslation("monitoring");
  const [all, setAll] = useState(false);
  const measured = mostUnusualFirst(signals.filter(({ value }) => value !== null));
  const placed = measured.some(({ percentile }) => percentile !== null);
  const unusual = measured.filter(isUnusual).length;
  const shown = all ? measured : measured.slice(0, Math.max(FIRST, Math.min(unusual, FIRST * 2)));
  const hidden = measured.length - shown.length;
  if (measured.length === 0) return null;
  return (
    <Stack gap={6}>
      <Title order={3} fz="md">
        {t(placed ? "measured.signals" : "measured.values")}
      </Title>
      <Text fz="sm" c="dimmed">
        {placed ? t("measured.unusualOnly", { unusual, count: measured.length }) : t("measured.noReference")}
      </Text>
      <ul className={classes.signals}>
        {shown.map((signal) => (
          <SignalRow key={signal.channel} signal={signal} />
        ))}
      </ul>
      {hidden > 0 && (
        <Button variant="default" onClick={() => setAll(true)} style={{ alignSelf: "flex-start" }}>
          {t("effects.all", { count: hidden })}
        </Button>
      )}
    </Stack>
  );
}

function SignalRow({ signal }: { signal: Signal }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const nameOf = useChannelName();
  const { channel, value, percentile } = signal;
  const name = nameOf(channel);
  const told =
    percentile === null ? "" : t("measured.percentileTold", { share: format.percent(percentile / 100) });
  return (
    <li>
      <span className={classes.name}>{name}</span>
      <span className="tabular">{format.number(value ?? 0, 3)}</span>
      {percentile !== null && (
        <span className={classes.place}>
          <span
            className={classes.track}
            role="img"
            aria-label={`${name}: ${told}`}
            data-unusual={isUnusual(signal)}
          >
            <span className={classes.usual} />
            <span className={classes.point} style={{ left: `${percentile}%` }} />
          </span>
          <Text span fz="sm" c="dimmed" aria-hidden>
            {told}
          </Text>
        </span>
      )}
    </li>
  );
}
