/* A model version: what it is for, how it did, what it was made of, and where it answers. */
import { Button, SimpleGrid, Stack } from "@mantine/core";
import { IconChartBar, IconRocket } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { Section } from "@/ui/Section";
import { Artefact } from "./Artefact";
import { CardText } from "./CardText";
import { ExportCheck } from "./ExportCheck";
import { Lineage } from "./Lineage";
import { ModelInput } from "./ModelInput";
import { ModelMetrics } from "./ModelMetrics";
import { modelCardQuery, modelQuery } from "./queries";
import { Usage } from "./Usage";

export function ModelPage() {
  const { t } = useTranslation("models");
  const id = useParam("model");
  const mayDeploy = useMay("deployments:write");
  const mayEvaluate = useMay("evaluations:write");
  const model = useQuery(modelQuery(id));
  const card = useQuery(modelCardQuery(id));
  return (
    <Answer query={model}>
      {(found) => (
        <>
          <PageHeader
            title={`${found.name}:${found.number}`}
            trail={[{ to: "/models", label: t("list.title") }]}
            about={[t(`ui:problem_type.${found.problem}`), found.recipe].filter(Boolean).join(" · ")}
          >
            {mayEvaluate && (
              <Button
                component={Link}
                variant="default"
                to="/evaluations"
                search={{ start: "new", model: found.id } as never}
                leftSection={<IconChartBar size={18} aria-hidden />}
              >
                {t("model.evaluate")}
              </Button>
            )}
            {mayDeploy && (
              <Button
                component={Link}
                to="/deployments"
                search={{ model: found.id } as never}
                leftSection={<IconRocket size={18} aria-hidden />}
              >
                {t("model.deploy")}
              </Button>
            )}
          </PageHeader>
          <Stack>
            <ModelMetrics metrics={found.metrics ?? {}} />
            <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
              <Section title={t("card.title")}>
                <Answer query={card}>{({ card: text }) => <CardText text={text} />}</Answer>
              </Section>
              <Stack>
                <Lineage model={found} />
                <Usage model={found} />
              </Stack>
            </SimpleGrid>
            <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
              <ModelInput model={found} manifest={card.data?.manifest ?? {}} />
              <Stack>
                <Artefact model={found} />
                <ExportCheck manifest={card.data?.manifest} />
              </Stack>
            </SimpleGrid>
          </Stack>
        </>
      )}
    </Answer>
  );
}
