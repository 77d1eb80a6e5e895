/* What happened to an incident, oldest first: who did what, with which words. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import classes from "./monitoring.module.css";
import { useChannelName, usePerson, useSaid } from "./useWords";

type Step = Schemas["IncidentStep"];

export function IncidentSteps({ steps }: { steps: Step[] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const person = usePerson();
  const say = useSaid();
  return (
    <Section title={t("history.title")}>
      <ol className={classes.steps}>
        {steps.map((step, place) => (
          <li key={`${step.at} ${place}`}>
            <time dateTime={step.at} className="tabular">
              {format.dateTime(step.at)}
            </time>
            <div>
              <StepTold step={step} />{" "}
              <Text span c="dimmed" fz="sm">
                {t("history.by", { by: person(step.by) })}
              </Text>
              {step.text && (
                <Text fz="sm" style={{ overflowWrap: "anywhere" }}>
                  {say(step.text_said, step.text)}
                </Text>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function StepTold({ step }: { step: Step }) {
  const { t } = useTranslation("monitoring");
  const nameOf = useChannelName();
  const detail = (step.detail ?? {}) as Record<string, unknown>;
  const text = (name: string) => String(detail[name] ?? "");
  return (
    <Text span fw={600}>
      {t(`step.${step.act}`, {
        channel: nameOf(text("channel")),
        cause: t(`cause.${text("cause") || "unknown"}`, { defaultValue: text("cause") }),
        probe: t(`probes.${text("kind") || "replay"}`),
        state: t(`probe.${text("state") || "asked"}`),
        assignee: text("assignee"),
        into: text("into"),
        from: text("from"),
        defaultValue: step.act,
      })}
    </Text>
  );
}
