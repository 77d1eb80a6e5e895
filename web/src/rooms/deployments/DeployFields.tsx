/* What a deployment needs to know: where, which version, why; and thresholds for whoever changes them. */
import { Collapse, Select, Stack, Textarea, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { overviewQuery } from "@/rooms/sites/overview";
import { useFormat } from "@/ui/format";
import { ProblemAlert } from "@/ui/ProblemAlert";
import classes from "./deployments.module.css";
import { HowItDidThere } from "./HowItDidThere";
import { deployableModelsQuery, type ModelVersion, stationsQuery, versionName } from "./queries";
import { ThresholdFields } from "./ThresholdFields";
import type { ThresholdValues } from "./thresholds";

export interface DeployChoice {
  site: string;
  station: string;
  model: ModelVersion | null;
  reason: string;
  thresholds: ThresholdValues;
}

export const isComplete = (choice: DeployChoice): choice is DeployChoice & { model: ModelVersion } =>
  choice.site !== "" && choice.model !== null && choice.reason.trim() !== "";

interface Props {
  choice: DeployChoice;
  onChange: (choice: DeployChoice) => void;
}

export function DeployFields({ choice, onChange }: Props) {
  const { t } = useTranslation("deployments");
  const format = useFormat();
  const sites = useQuery(overviewQuery);
  const stations = useQuery(stationsQuery(choice.site));
  const models = useQuery(deployableModelsQuery);
  const [open, { toggle }] = useDisclosure(false);
  const failed = sites.error ?? models.error;
  const set = (change: Partial<DeployChoice>) => onChange({ ...choice, ...change });
  return (
    <Stack>
      {failed && <ProblemAlert error={failed} />}
      <Select
        label={t("deploy.site")}
        data={(sites.data ?? []).map(({ site }) => ({ value: site.slug, label: site.name }))}
        value={choice.site || null}
        onChange={(site) => set({ site: site ?? "", station: "" })}
        searchable
        openOnFocus={false}
        required
        data-autofocus
      />
      <Select
        label={t("deploy.station")}
        description={t("deploy.stationAbout")}
        placeholder={t("deploy.allStations")}
        data={(stations.data ?? []).map(({ slug, name }) => ({ value: slug, label: name }))}
        value={choice.station || null}
        onChange={(station) => set({ station: station ?? "" })}
        disabled={choice.site === ""}
        clearable
      />
      <Select
        label={t("deploy.version")}
        data={(models.data ?? []).map((model) => ({
          value: model.id,
          label: `${versionName(model.name, model.number)} · ${t(`ui:problem_type.${model.problem}`)} · ${format.date(model.created_at)}`,
        }))}
        value={choice.model?.id ?? null}
        onChange={(id) =>
          set({ model: models.data?.find((model) => model.id === id) ?? null, thresholds: {} })
        }
        nothingFoundMessage={t("deploy.noVersion")}
        searchable
        required
      />
      {choice.site && choice.model && <HowItDidThere site={choice.site} model={choice.model} />}
      <Textarea
        label={t("deploy.reason")}
        description={t("deploy.reasonAbout")}
        value={choice.reason}
        onChange={(event) => set({ reason: event.currentTarget.value })}
        maxLength={2000}
        autosize
        minRows={2}
        required
      />
      {choice.model && (
        <div>
          <UnstyledButton className={classes.disclosure} onClick={toggle} aria-expanded={open}>
            {open ? <IconChevronDown size={18} aria-hidden /> : <IconChevronRight size={18} aria-hidden />}
            {t("thresholds.title")}
          </UnstyledButton>
          <Collapse expanded={open} transitionDuration={0}>
            <Stack gap="xs">
              <ThresholdFields
                model={choice.model}
                values={choice.thresholds}
                onChange={(thresholds) => set({ thresholds })}
              />
            </Stack>
          </Collapse>
        </div>
      )}
    </Stack>
  );
}
