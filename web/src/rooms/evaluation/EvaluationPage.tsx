/* An evaluation: where the model is good enough, worst site first; why; and the images that it got wrong. */
import { Button, Stack } from "@mantine/core";
import { IconCpu } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { ChallengerPicker } from "./ChallengerPicker";
import { Curves } from "./Curves";
import { DoubtfulLabels } from "./DoubtfulLabels";
import { ErrorSlices } from "./ErrorSlices";
import { EvaluationWarnings } from "./EvaluationWarnings";
import { Overall } from "./Overall";
import { evaluationQuery } from "./queries";
import { SiteVerdicts } from "./SiteVerdicts";
import { Slices } from "./Slices";
import { UnderWay } from "./UnderWay";
import { WorstImages } from "./WorstImages";

export function EvaluationPage() {
  const { t } = useTranslation("evaluation");
  const evaluation = useQuery(evaluationQuery(useParam("evaluation")));
  return (
    <Answer query={evaluation}>
      {(found) => (
        <>
          <PageHeader
            title={t("evaluation.title", {
              model: `${found.model_name}:${found.model_number}`,
              dataset: `${found.dataset}:${found.dataset_number}`,
            })}
            trail={[
              { to: "/evaluations", label: t("list.title") },
              {
                to: `/dataset-versions/${found.dataset_version_id}`,
                label: `${found.dataset}:${found.dataset_number}`,
              },
            ]}
            about={`${t(`ui:problem_type.${found.problem}`)} · ${t(`split.${found.split}`)}`}
          >
            <ChallengerPicker evaluation={found} />
            <Button
              component={Link}
              variant="default"
              to={`/models/${found.model_version_id}`}
              leftSection={<IconCpu size={18} aria-hidden />}
            >
              {t("evaluation.openModel")}
            </Button>
          </PageHeader>
          <Stack>
            <EvaluationWarnings evaluation={found} />
            {found.state === "succeeded" ? (
              <>
                <Overall evaluation={found} />
                <SiteVerdicts evaluation={found} />
                <Slices evaluation={found} />
                <ErrorSlices evaluation={found} />
                <Curves evaluation={found} />
                <WorstImages evaluation={found} />
                <DoubtfulLabels evaluation={found} />
              </>
            ) : (
              <UnderWay evaluation={found} />
            )}
          </Stack>
        </>
      )}
    </Answer>
  );
}
