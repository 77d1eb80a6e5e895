/* What else a person may say: what images without objects are, columns that become context, templates. */
import { Radio, Select, Stack, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./imports.module.css";
import { CONTEXT, type Draft } from "./mapping";
import type { Check } from "./queries";

interface Props {
  check: Check;
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
}

export function ContextMapping({ check, draft, onChange }: Props) {
  const { t } = useTranslation("imports");
  const bare =
    check.problem === "detection" &&
    (check.truths.unlabelled > check.truths.left_out || draft.unlabelled === "empty");
  return (
    <Stack gap="md">
      {bare && (
        <Radio.Group
          label={t("context.unlabelled.title")}
          description={t("context.unlabelled.about")}
          value={draft.unlabelled}
          onChange={(value) => onChange({ unlabelled: value === "empty" ? "empty" : "not-seen" })}
        >
          <Radio value="not-seen" label={t("context.unlabelled.not-seen")} py={10} />
          <Radio value="empty" label={t("context.unlabelled.empty")} py={10} />
        </Radio.Group>
      )}
      {check.problem === "detection" && (
        <div className={classes.fields}>
          <TextInput
            label={t("context.references")}
            description={t("context.referencesAbout", { count: check.with_reference })}
            value={draft.references}
            onChange={(event) => onChange({ references: event.currentTarget.value })}
          />
        </div>
      )}
      {check.fields.length > 0 && (
        <fieldset className={classes.columns}>
          <legend>{t("context.fields")}</legend>
          <div className={classes.fields}>
            {CONTEXT.map((name) => (
              <Select
                key={name}
                label={t(`context.field.${name}`)}
                placeholder={t("context.noColumn")}
                clearable
                searchable={check.fields.length > 8}
                data={[...new Set([...check.fields, ...(draft.fields[name] ? [draft.fields[name]] : [])])]}
                value={draft.fields[name] ?? null}
                onChange={(column) => onChange({ fields: { ...draft.fields, [name]: column ?? "" } })}
              />
            ))}
            {draft.fields.captured_at && (
              <TextInput
                label={t("context.timeZone")}
                placeholder="Europe/Paris"
                value={draft.timeZone}
                onChange={(event) => onChange({ timeZone: event.currentTarget.value })}
              />
            )}
          </div>
        </fieldset>
      )}
    </Stack>
  );
}
