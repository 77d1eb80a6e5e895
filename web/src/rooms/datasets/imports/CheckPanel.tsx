/* What the dry run found, what a person may correct, and the start. Nothing has come in yet. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { Section } from "@/ui/Section";
import { ClassMapping, useLabelSchemas } from "./ClassMapping";
import { ContextMapping } from "./ContextMapping";
import { Figures } from "./Figures";
import classes from "./imports.module.css";
import { IssueTable } from "./IssueTable";
import { type Draft, draftOf, isSame, mappingOf } from "./mapping";
import { type Check, type Import, useImportAct } from "./queries";

export function CheckPanel({ one, check }: { one: Import; check: Check }) {
  const { t } = useTranslation("imports");
  const act = useImportAct(one.id);
  const schemas = useLabelSchemas();
  const mayTruth = useMay("truth:write");
  const assumed = useMemo(() => draftOf(one), [one]);
  const [changed, setChanged] = useState<Partial<Draft>>({});
  const draft = { ...assumed, ...changed };
  const dirty = !isSame(draft, assumed);
  const known = schemas.find(({ slug }) => slug === draft.labelSchema)?.classes;
  const change = (part: Partial<Draft>) => setChanged((before) => ({ ...before, ...part }));
  const mapping = () => mappingOf(draft, check, known);
  const again = () => act.mutate({ act: "check", mapping: mapping() });
  const ready = check.images.new + check.images.known > 0;
  return (
    <Stack gap="md">
      <Section
        title={t("check.title")}
        about={t(check.problem === null ? "check.aboutImages" : "check.about", {
          format: t(`format.${check.format}`),
          problem: check.problem === null ? "" : t(`ui:problem_type.${check.problem}`),
        })}
      >
        <Stack gap="md">
          <Figures
            figures={[
              { name: t("check.new"), value: check.images.new },
              { name: t("check.known"), value: check.images.known },
              { name: t("check.refused"), value: check.images.refused, bad: true },
              ...(check.unlike ? [{ name: t("check.unlike"), value: check.unlike.unlike, bad: true }] : []),
            ]}
          />
          {check.problem !== null && (
            <Figures
              figures={[
                { name: t(`check.objects.${check.problem}`), value: check.truths.objects },
                { name: t("check.empty"), value: check.truths.empty },
                { name: t("check.unlabelled"), value: check.truths.unlabelled },
                { name: t("check.leftOut"), value: check.truths.left_out, bad: true },
              ]}
            />
          )}
          {check.problem !== null && !mayTruth && <Text>{t("check.noTruth")}</Text>}
        </Stack>
      </Section>
      {(check.problem !== null || check.fields.length > 0) && (
        <Section title={t("classes.title")} about={t("classes.about")}>
          <Stack gap="lg">
            <ClassMapping check={check} draft={draft} known={known} schemas={schemas} onChange={change} />
            <ContextMapping check={check} draft={draft} onChange={change} />
          </Stack>
        </Section>
      )}
      {check.issues_total > 0 && (
        <Section
          title={t("issues.title")}
          about={
            check.issues_total > check.issues.length && t("issues.first", { count: check.issues.length })
          }
        >
          <IssueTable issues={check.issues} total={check.issues_total} />
        </Section>
      )}
      {act.error && <ProblemAlert error={act.error} />}
      <Group className={classes.actions}>
        {dirty ? (
          <Button loading={act.isPending} onClick={again}>
            {t("check.again")}
          </Button>
        ) : (
          <Button
            disabled={!ready}
            loading={act.isPending}
            onClick={() => act.mutate({ act: "run", mapping: mapping() })}
          >
            {t("check.start")}
          </Button>
        )}
        {dirty && (
          <Button variant="default" onClick={() => setChanged({})}>
            {t("check.revert")}
          </Button>
        )}
        {!ready && <Text c="dimmed">{t("check.nothing")}</Text>}
      </Group>
    </Stack>
  );
}
