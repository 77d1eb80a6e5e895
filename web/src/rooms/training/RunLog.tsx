/* The log of a run, thousands of lines long: only what is seen is drawn. It follows its end until somebody
   scrolls up. */
import { Button, Text } from "@mantine/core";
import { IconArrowBarToDown } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { type LogLine, useLog } from "./queries";
import classes from "./RunLog.module.css";

const LINE_PX = 24;
const AT_END_PX = 40;

export function RunLog({ run, running }: { run: string; running: boolean }) {
  const { t } = useTranslation("training");
  const log = useLog(run, running);
  return (
    <Section title={t("log.title")}>
      <Answer query={log}>
        {({ items }) => (items.length ? <Lines lines={items} /> : <Text c="dimmed">{t("log.empty")}</Text>)}
      </Answer>
    </Section>
  );
}

function Lines({ lines }: { lines: LogLine[] }) {
  const { t } = useTranslation("training");
  const format = useFormat();
  const frame = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => frame.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });
  useEffect(() => {
    if (following) rows.scrollToIndex(lines.length - 1, { align: "end" });
  }, [following, lines.length, rows]);
  const look = () => {
    const { scrollTop, scrollHeight, clientHeight } = frame.current as HTMLDivElement;
    setFollowing(scrollHeight - scrollTop - clientHeight < AT_END_PX);
  };
  return (
    <div className={classes.log}>
      <div
        ref={frame}
        className={classes.frame}
        onScroll={look}
        tabIndex={0}
        role="log"
        aria-label={t("log.title")}
      >
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map(({ index, start, key }) => {
            const line = lines[index] as LogLine;
            return (
              <div
                key={key}
                ref={rows.measureElement}
                data-index={index}
                className={classes.line}
                data-level={line.level}
                style={{ transform: `translateY(${start}px)` }}
              >
                <time dateTime={line.at ?? undefined}>{line.at ? format.time(line.at) : ""}</time>
                <span className={classes.level}>{line.level === "info" ? "" : t(`log.${line.level}`)}</span>
                <span>{line.text}</span>
              </div>
            );
          })}
        </div>
      </div>
      {!following && (
        <Button
          size="sm"
          className={classes.toEnd}
          leftSection={<IconArrowBarToDown size={18} aria-hidden />}
          onClick={() => setFollowing(true)}
        >
          {t("log.toEnd")}
        </Button>
      )}
    </div>
  );
}
