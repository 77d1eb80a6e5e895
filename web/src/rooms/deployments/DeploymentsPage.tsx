/* What answers where, since when and why; deploy, undo, and the history of both. */
import { Button, Group, Select, Stack } from "@mantine/core";
import { IconBuildingFactory2, IconRocket } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { overviewQuery } from "@/rooms/sites/overview";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { Section } from "@/ui/Section";
import { History } from "./History";
import { Places, placesOf } from "./Places";
import { activeDeploymentsQuery, type DeploymentState } from "./queries";
import { useDeployActs } from "./useDeployActs";

const STATES: DeploymentState[] = ["active", "superseded", "undone"];

export function DeploymentsPage() {
  const { t } = useTranslation("deployments");
  const mayDeploy = useMay("deployments:write");
  const sites = useQuery(overviewQuery);
  const active = useQuery(activeDeploymentsQuery);
  const acts = useDeployActs();
  return (
    <>
      <PageHeader title={t("title")} about={t("about")}>
        {mayDeploy && (sites.data?.length ?? 0) > 0 && (
          <Button leftSection={<IconRocket size={18} aria-hidden />} onClick={() => acts.deploy()}>
            {t("deploy.open")}
          </Button>
        )}
      </PageHeader>
      <Stack gap="lg">
        {acts.told}
        <Answer query={sites}>
          {(overviews) =>
            overviews.length === 0 ? (
              <EmptyState icon={IconBuildingFactory2} title={t("empty.title")} text={t("empty.text")}>
                <Button component={Link} to="/sites">
                  {t("empty.action")}
                </Button>
              </EmptyState>
            ) : (
              <Answer query={active}>
                {(deployments) => (
                  <Places
                    places={placesOf(overviews, deployments)}
                    onDeploy={({ site, station }) =>
                      acts.deploy({ site: site.site.slug, station: station ?? "" })
                    }
                    onUndo={({ deployment, ofSite }) => deployment && acts.undo(deployment, ofSite)}
                  />
                )}
              </Answer>
            )
          }
        </Answer>
        <FilteredHistory sites={(sites.data ?? []).map(({ site }) => site)} />
      </Stack>
      {acts.dialogs}
    </>
  );
}

function FilteredHistory({ sites }: { sites: { slug: string; name: string }[] }) {
  const { t } = useTranslation("deployments");
  const [{ site = "", state = "" }, change] = useSearchValues();
  const wanted = STATES.find((one) => one === state);
  return (
    <Section
      title={t("history.title")}
      actions={
        <Group gap="sm">
          <Select
            aria-label={t("history.site")}
            placeholder={t("history.anySite")}
            data={sites.map(({ slug, name }) => ({ value: slug, label: name }))}
            value={site || null}
            onChange={(chosen) => change({ site: chosen ?? "" })}
            searchable
            clearable
          />
          <Select
            aria-label={t("history.state")}
            placeholder={t("history.anyState")}
            data={STATES.map((one) => ({ value: one, label: t(`ui:sign.${one}`) }))}
            value={wanted ?? null}
            onChange={(chosen) => change({ state: chosen ?? "" })}
            clearable
          />
        </Group>
      }
    >
      <History site={site} state={wanted} />
    </Section>
  );
}
