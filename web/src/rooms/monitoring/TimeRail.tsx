/* The one axis of time above all lines, with what happened marked on it; and the same marks as a list. */
import { Group, Stack, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconAnchor, IconCertificate, IconRocket } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { TimeMark } from "./queries";
import { LEFT_PX, RIGHT_PX } from "./signalOption";
import classes from "./TimeLines.module.css";
import { layMarks, placeOf, type Span, ticksOf } from "./timeline";
import { useChannelName, useSaid } from "./useWords";

const ICONS = {
  deployment: IconRocket,
  reference: IconAnchor,
  incident: IconAlertTriangle,
  claim: IconCertificate,
};
const MOST_TICKS = 7;
const DAY_MS = 86_400_000;
const LANE_PX = 34;
const NEAR_END = 0.05;

const addressOf = ({ kind, id }: TimeMark): string | null =>
  kind === "incident" ? `/incidents/${id}` : kind === "deployment" ? `/models/${id}` : null;

/** Return a function that tells a mark: incidents name their channel, the first reference has no person's words. */
function useMarkName(): (mark: TimeMark) => string {
  const { t } = useTranslation("monitoring");
  const nameOf = useChannelName();
  const say = useSaid();
  return ({ kind, label, label_said }) => {
    const [number = "", channel] = label.split(" ", 2);
    if (kind === "incident" && channel) return t("marks.incident", { label: `${number} ${nameOf(channel)}` });
    return t(`marks.${kind}`, { label: say(label_said, label) || t("marks.automatic") });
  };
}

/** A tick's words stand below it, and inside the rail at its ends. */
function tickAt(place: number): CSSProperties {
  const shift = place < NEAR_END ? 0 : place > 1 - NEAR_END ? -100 : -50;
  return { left: `${place * 100}%`, transform: `translateX(${shift}%)` };
}

export function TimeRail({ span, marks }: { span: Span; marks: TimeMark[] }) {
  const format = useFormat();
  const name = useMarkName();
  const laid = layMarks(marks, span);
  const lanes = Math.max(0, ...laid.map(({ lane }) => lane + 1));
  const short = span.to - span.from <= DAY_MS * 2;
  const at = (place: number): CSSProperties => ({ left: `${place * 100}%` });
  return (
    <div className={classes.rail}>
      <div className={classes.name} />
      <div className={classes.axis} style={{ marginLeft: LEFT_PX, marginRight: RIGHT_PX }}>
        <div className={classes.marks} style={{ height: lanes * LANE_PX }}>
          {laid.map(({ mark, place, lane }) => {
            const Icon = ICONS[mark.kind];
            const address = addressOf(mark);
            const told = `${name(mark)}, ${format.dateTime(mark.at)}`;
            const style = { ...at(place), top: lane * LANE_PX };
            return (
              <Tooltip key={`${mark.kind} ${mark.id}`} label={told} multiline maw={340}>
                {address ? (
                  <Link
                    to={address as string}
                    className={classes.mark}
                    data-kind={mark.kind}
                    style={style}
                    aria-label={told}
                  >
                    <Icon size={18} aria-hidden />
                  </Link>
                ) : (
                  <span
                    className={classes.mark}
                    data-kind={mark.kind}
                    style={style}
                    role="img"
                    aria-label={told}
                  >
                    <Icon size={18} aria-hidden />
                  </span>
                )}
              </Tooltip>
            );
          })}
        </div>
        <div className={classes.ticks} aria-hidden>
          {ticksOf(span, MOST_TICKS).map((tick) => (
            <span key={tick} className="tabular" style={tickAt(placeOf(tick, span))}>
              {short ? format.time(new Date(tick)) : format.date(new Date(tick))}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

export function MarkList({ marks }: { marks: TimeMark[] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const name = useMarkName();
  return (
    <details>
      <summary className={classes.summary}>{t("marks.asList")}</summary>
      {marks.length === 0 && t("marks.none")}
      <Stack component="ul" gap={0} className={classes.list} aria-label={t("marks.title")}>
        {marks.toReversed().map((mark) => {
          const Icon = ICONS[mark.kind];
          const address = addressOf(mark);
          return (
            <Group component="li" key={`${mark.kind} ${mark.id}`} gap="sm" wrap="nowrap">
              <Icon size={18} aria-hidden style={{ flex: "none" }} />
              {address ? (
                <Link to={address as string} className={classes.target}>
                  {name(mark)}
                </Link>
              ) : (
                <span>{name(mark)}</span>
              )}
              <time dateTime={mark.at} className="tabular">
                {format.dateTime(mark.at)}
              </time>
            </Group>
          );
        })}
      </Stack>
    </details>
  );
}
