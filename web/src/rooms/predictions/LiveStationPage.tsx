/* The worker's page at the line: the last image, the verdict, the last twenty, counts and speed. */
import { ActionIcon, Anchor, Group, Title } from "@mantine/core";
import { useFullscreenElement, useHotkeys } from "@mantine/hooks";
import { IconMaximize, IconMinimize, IconVolume, IconVolumeOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouteContext } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLiveState } from "@/app/live";
import type { AppContext } from "@/app/router";
import { siteQuery } from "@/rooms/sites/queries";
import { Loading } from "@/ui/Loading";
import { useParam } from "@/ui/params";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { isRefusal, stationLiveQuery } from "./live";
import classes from "./LiveStationPage.module.css";
import { NotHeard } from "./NotHeard";
import { StationScreen } from "./StationScreen";
import { useAlarmTone } from "./useAlarmTone";
import { useHeard } from "./useHeard";

export function LiveStationPage() {
  const { t } = useTranslation("predictions");
  const [site, station] = [useParam("site"), useParam("station")];
  const stream = (useRouteContext({ strict: false }) as AppContext).live;
  const state = useLiveState(stream);
  const query = useQuery(stationLiveQuery(site, station, state === "live"));
  const heard = useHeard(state, query);
  const live = query.data;
  const sound = useAlarmTone(live?.last ?? null);
  const { ref, toggle, fullscreen } = useFullscreenElement<HTMLElement>();
  const name = live?.station.name ?? station;
  const siteName = useQuery(siteQuery(site)).data?.name ?? site;
  useHotkeys([
    ["f", () => void toggle()],
    ["s", sound.toggle],
  ]);
  useEffect(() => {
    document.title = `${name} · Perenne`;
  }, [name]);
  return (
    <section className={classes.screen} ref={ref} data-full={fullscreen}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Group gap="sm" align="baseline" style={{ minWidth: 0, rowGap: 0 }}>
          <Title order={1} className={classes.name}>
            {name}
          </Title>
          <Anchor component={Link} to={`/sites/${site}`} className={classes.site}>
            {t("atSite", { site: siteName })}
          </Anchor>
        </Group>
        <Group gap={4} wrap="nowrap">
          <ActionIcon
            onClick={sound.toggle}
            variant={sound.on ? "light" : "subtle"}
            aria-label={t("sound.label")}
            aria-pressed={sound.on}
            aria-keyshortcuts="s"
            title={t(sound.on ? "sound.on" : "sound.off")}
          >
            {sound.on ? <IconVolume aria-hidden /> : <IconVolumeOff aria-hidden />}
          </ActionIcon>
          <ActionIcon
            onClick={() => void toggle()}
            aria-label={t(fullscreen ? "full.leave" : "full.enter")}
            aria-keyshortcuts="f"
            title={t(fullscreen ? "full.leave" : "full.enter")}
          >
            {fullscreen ? <IconMinimize aria-hidden /> : <IconMaximize aria-hidden />}
          </ActionIcon>
        </Group>
      </Group>
      {!heard &&
        live &&
        (isRefusal(query.error) ? (
          <ProblemAlert error={query.error} retry={() => void query.refetch()} />
        ) : (
          <NotHeard since={query.dataUpdatedAt} />
        ))}
      {live ? (
        <StationScreen live={live} site={site} old={!heard} />
      ) : query.error ? (
        <ProblemAlert error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Loading />
      )}
    </section>
  );
}
