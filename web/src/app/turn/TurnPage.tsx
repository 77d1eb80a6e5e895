/* The loop at a glance: every stage, how it stands, and what runs just now. With `then=sites` in the address
   (the demonstration) the page goes on to the sites once the turn is done. */
import { Button, Group, Progress, Text, Title } from "@mantine/core";
import {
  IconCamera,
  IconChartBar,
  IconCircleCheck,
  IconCircleDashed,
  IconDatabase,
  IconEyeCheck,
  IconLoader2,
  IconRocket,
  IconTag,
  IconTimeline,
} from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { PageHeader } from "@/ui/PageHeader";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { useSearchValues } from "@/ui/params";
import { type Stage, stagesOf, turnIsDone } from "./stages";
import classes from "./TurnPage.module.css";
import { useAnswers } from "./useAnswers";

const ICONS = {
  capture: IconCamera,
  truth: IconTag,
  dataset: IconDatabase,
  training: IconTimeline,
  evaluation: IconChartBar,
  deployment: IconRocket,
  inspection: IconEyeCheck,
};
const STATES = { waiting: IconCircleDashed, working: IconLoader2, done: IconCircleCheck };
const GO_ON_AFTER_MS = 6_000;
const BEFORE_SEEN_MS = 3_000;

function StageCard({ stage, number }: { stage: Stage; number: number }) {
  const { t } = useTranslation("app");
  const format = useFormat();
  const Icon = ICONS[stage.name];
  const Mark = STATES[stage.state];
  const progress = stage.progress === null ? null : format.percent(stage.progress);
  return (
    <li className={classes.stage} data-state={stage.state}>
      <Link to={stage.to} className={classes.link}>
        <Group justify="space-between" wrap="nowrap">
          <Icon size={26} stroke={1.6} aria-hidden />
          <span className={classes.mark}>
            <Mark size={18} aria-hidden />
            {t(`turn.state.${stage.state}`)}
          </span>
        </Group>
        <Title order={2} fz="h4">
          {number}. {t(`turn.${stage.name}.title`)}
        </Title>
        <Text className="tabular" fz={28} fw={700} lh={1.1}>
          {format.integer(stage.count)}
        </Text>
        <Text c="dimmed" fz="sm">
          {t(`turn.${stage.name}.counted`, { count: stage.count })}
        </Text>
        {stage.state === "working" && (
          <div>
            <Progress
              value={(stage.progress ?? 1) * 100}
              striped={stage.progress === null}
              aria-label={t(`turn.${stage.name}.title`)}
              transitionDuration={0}
            />
            <Text fz="sm" mt={4}>
              {[progress, stage.etaS === null ? null : t("turn.left", { time: format.duration(stage.etaS) })]
                .filter(Boolean)
                .join(" · ") || t("turn.state.working")}
            </Text>
          </div>
        )}
      </Link>
    </li>
  );
}

export function TurnPage() {
  const { t } = useTranslation("app");
  const { answers, error } = useAnswers();
  const stages = stagesOf(answers, Date.now());
  const done = turnIsDone(stages);
  const [search] = useSearchValues();
  const leaving = useGoOn(done && search.then === "sites");
  return (
    <>
      <PageHeader title={t("turn.title")} about={t("turn.about")}>
        {done && (
          <Button component={Link} to="/sites">
            {t("turn.sites")}
          </Button>
        )}
      </PageHeader>
      {error ? <ProblemAlert error={error} /> : null}
      <div role="status">{leaving && <Text mb="md">{t("turn.leaving")}</Text>}</div>
      <ol className={classes.loop}>
        {stages.map((stage, index) => (
          <StageCard key={stage.name} stage={stage} number={index + 1} />
        ))}
        <li className={classes.again}>{t("turn.again")}</li>
      </ol>
    </>
  );
}

/** Go to the sites a moment after the turn was seen to end; never when it was done from the start. */
function useGoOn(wanted: boolean): boolean {
  const navigate = useNavigate();
  const early = useRef(true);
  const [leaving, setLeaving] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => (early.current = false), BEFORE_SEEN_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (!wanted || early.current) return;
    setLeaving(true);
    const timer = setTimeout(() => void navigate({ to: "/sites" }), GO_ON_AFTER_MS);
    return () => clearTimeout(timer);
  }, [wanted, navigate]);
  return leaving && wanted;
}
