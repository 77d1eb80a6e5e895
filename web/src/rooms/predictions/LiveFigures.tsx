/* Counts, speed and who answers, beside the image. */
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ModelName } from "@/rooms/deployments/ModelName";
import { SignBadge } from "@/ui/Badges";
import { useFormat } from "@/ui/format";
import type { StationLive } from "./live";
import classes from "./LiveFigures.module.css";

export function LiveFigures({ live }: { live: StationLive }) {
  const { t } = useTranslation("predictions");
  const format = useFormat();
  const milliseconds = (value: number | null) => (value === null ? "–" : format.milliseconds(value));
  const model = live.last?.model;
  return (
    <aside className={classes.figures} aria-label={t("figures.label")}>
      <div className={`surface ${classes.group}`}>
        <h2 className={classes.title}>{t("figures.counts")}</h2>
        {(["pass", "fail", "unsure"] as const).map((decision) => (
          <Figure key={decision} name={<SignBadge value={decision} size="lg" />}>
            {format.integer(live.counts_24h[decision] ?? 0)}
          </Figure>
        ))}
      </div>
      <div className={`surface ${classes.group}`}>
        <h2 className={classes.title}>{t("figures.speed")}</h2>
        <Figure name={t("figures.perMinute")}>{format.number(live.per_minute, 1)}</Figure>
        <Figure name={t("figures.median")}>{milliseconds(live.latency_p50_ms)}</Figure>
        <Figure name={t("figures.p95")}>{milliseconds(live.latency_p95_ms)}</Figure>
      </div>
      <div className={`surface ${classes.group}`}>
        <h2 className={classes.title}>{t("figures.answers")}</h2>
        {live.deployment ? (
          <ModelName
            id={live.deployment.model_version_id}
            name={live.deployment.model_name}
            number={live.deployment.model_number}
            className={classes.model}
            strong
          />
        ) : (
          <Text fw={600}>{t("figures.nobody")}</Text>
        )}
        {model && live.deployment && model.id !== live.deployment.model_version_id && (
          <Text fz="sm" c="dimmed">
            {t("figures.before", { model: `${model.name}:${model.number}` })}
          </Text>
        )}
        {live.deployment && (
          <Text fz="sm" c="dimmed">
            {t("figures.since", { time: format.dateTime(live.deployment.at) })}
          </Text>
        )}
      </div>
    </aside>
  );
}

function Figure({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.figure}>
      <span>{name}</span>
      <strong className="tabular">{children}</strong>
    </div>
  );
}
