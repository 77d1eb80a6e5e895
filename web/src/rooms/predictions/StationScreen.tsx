/* What a station said: the verdict over the image, the last twenty, figures; or how its first image gets there. */
import { Anchor, Code, Text } from "@mantine/core";
import { IconCamera, IconRocketOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { EmptyState } from "@/ui/EmptyState";
import { ImageStage } from "./ImageStage";
import type { StationLive } from "./live";
import { LiveFigures } from "./LiveFigures";
import classes from "./LiveStationPage.module.css";
import { RecentStrip } from "./RecentStrip";
import { useShownImage } from "./useShownImage";
import { VerdictBand } from "./VerdictBand";

export function StationScreen({ live, site, old }: { live: StationLive; site: string; old: boolean }) {
  const { t } = useTranslation("predictions");
  const shown = useShownImage(live.last);
  const mayDeploy = useMay("deployments:read");
  if (!live.last && !live.deployment)
    return (
      <EmptyState icon={IconRocketOff} title={t("nobody.title")} text={t("nobody.text")}>
        {mayDeploy && (
          <Anchor component={Link} to="/deployments">
            {t("nobody.where")}
          </Anchor>
        )}
      </EmptyState>
    );
  if (!live.last)
    return (
      <EmptyState icon={IconCamera} title={t("waiting.title")} text={t("waiting.text")}>
        <Code block className={classes.command}>
          {`perenne inspect ${site} ${live.station.slug} IMAGE`}
        </Code>
        <Text c="dimmed" role="status">
          {t("waiting.listening")}
        </Text>
      </EmptyState>
    );
  return (
    <>
      <VerdictBand last={live.last} old={old} />
      <div className={classes.middle}>
        <ImageStage shown={shown} />
        <RecentStrip recent={live.recent} />
        <LiveFigures live={live} />
      </div>
    </>
  );
}
