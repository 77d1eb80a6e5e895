/* Which versions answered at a site and its stations: who, when and why; deploy and undo. */
import { Button, Group, Stack } from "@mantine/core";
import { IconArrowBackUp, IconRocket } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { History } from "@/rooms/deployments/History";
import { activeDeploymentsQuery } from "@/rooms/deployments/queries";
import { canUndo } from "@/rooms/deployments/UndoDialog";
import { useDeployActs } from "@/rooms/deployments/useDeployActs";
import { Section } from "@/ui/Section";
import type { SiteOverview } from "./overview";

export function SiteDeployments({ site }: { site: SiteOverview["site"] }) {
  const { t } = useTranslation(["sites", "deployments"]);
  const mayDeploy = useMay("deployments:write");
  const active = useQuery(activeDeploymentsQuery);
  const acts = useDeployActs();
  const ofSite = active.data?.find(({ site_id, station_id }) => site_id === site.id && station_id == null);
  return (
    <Section
      title={t("deployments.title")}
      actions={
        mayDeploy && (
          <Group gap="sm">
            {ofSite && canUndo(ofSite, undefined) && (
              <Button
                variant="default"
                leftSection={<IconArrowBackUp size={18} aria-hidden />}
                onClick={() => acts.undo(ofSite, undefined)}
              >
                {t("deployments:undo.action")}
              </Button>
            )}
            <Button
              leftSection={<IconRocket size={18} aria-hidden />}
              onClick={() => acts.deploy({ site: site.slug })}
            >
              {t("deployments:deploy.open")}
            </Button>
          </Group>
        )
      }
    >
      <Stack gap="md">
        {acts.told}
        <History site={site.slug} />
      </Stack>
      {acts.dialogs}
    </Section>
  );
}
