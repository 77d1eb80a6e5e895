/* The signals of a context over one span: evidence on top, then every signal, all on one axis of time. */
import { Chip, Group, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { EvidenceLine } from "./EvidenceLine";
import { MarkList, TimeRail } from "./TimeRail";
import type { ContextHistory } from "./queries";
import { SignalGroup } from "./SignalGroup";
import classes from "./TimeLines.module.css";

const GROUPS = ["acquisition", "embedding", "predictions"] as const;

export function TimeLines({ history }: { history: ContextHistory }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const [group, setGroup] = useState("");
  const { since, until, series, marks } = history;
  const span = useMemo(() => ({ from: Date.parse(since), to: Date.parse(until) }), [since, until]);
  const images = Math.max(0, ...series.map(({ points }) => points.reduce((sum, { n }) => sum + n, 0)));
  const shown = series.filter((one) => !group || one.group === group);
  return (
    <Section title={t("lines.title")} about={t("lines.about")}>
      <Stack gap="sm">
        <Chip.Group value={group} onChange={(value) => setGroup(String(value))}>
          <Group gap={6} role="group" aria-label={t("lines.group")}>
            <Chip value="" variant="outline" classNames={{ label: classes.chip }}>
              {t("lines.all")} {format.integer(series.length)}
            </Chip>
            {GROUPS.map((one) => (
              <Chip key={one} value={one} variant="outline" classNames={{ label: classes.chip }}>
                {t(`group.${one}`)} {format.integer(series.filter((each) => each.group === one).length)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        {images === 0 && <Text c="dimmed">{t("lines.none")}</Text>}
        <div className={classes.lines}>
          <TimeRail span={span} marks={marks} />
          <EvidenceLine history={history} span={span} />
          {GROUPS.filter((one) => shown.some((each) => each.group === one)).map((one) => (
            <SignalGroup
              key={one}
              name={t(`group.${one}`)}
              series={shown.filter((each) => each.group === one)}
              bucketS={history.bucket_s}
              span={span}
              marks={marks}
            />
          ))}
        </div>
        <MarkList marks={marks} />
      </Stack>
    </Section>
  );
}
