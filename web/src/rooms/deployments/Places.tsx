/* Which version answers where: every site, and the stations that have one of their own. */
import { Anchor, Button, Text } from "@mantine/core";
import { IconArrowBackUp, IconRocket } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import type { SiteOverview } from "@/rooms/sites/overview";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { TimeAgo } from "@/ui/TimeAgo";
import classes from "./deployments.module.css";
import { type Deployment, placeName } from "./queries";
import { canUndo } from "./UndoDialog";
import { VersionLink } from "./VersionLink";

export interface Place {
  site: SiteOverview;
  station: string | null;
  deployment: Deployment | undefined;
  /** What answers at the whole site, told where a station is shown. */
  ofSite: Deployment | undefined;
}

/** Return one place a site, then one for each station with a version of its own. */
export function placesOf(sites: SiteOverview[], active: Deployment[]): Place[] {
  return sites.flatMap((site) => {
    const here = active.filter(({ site_id }) => site_id === site.site.id);
    const ofSite = here.find(({ station_id }) => station_id == null);
    const stations = here.filter(({ station_id }) => station_id != null);
    stations.sort((a, b) => (a.station ?? "").localeCompare(b.station ?? ""));
    const whole: Place = { site, station: null, deployment: ofSite, ofSite };
    return [
      whole,
      ...stations.map((own) => ({ site, station: own.station ?? null, deployment: own, ofSite })),
    ];
  });
}

interface Props {
  places: Place[];
  onDeploy: (place: Place) => void;
  onUndo: (place: Place) => void;
}

export function Places({ places, onDeploy, onUndo }: Props) {
  const { t } = useTranslation("deployments");
  const mayDeploy = useMay("deployments:write");
  const columns: Column<Place>[] = [
    { key: "place", title: t("column.place"), cell: (place) => <PlaceCell place={place} /> },
    {
      key: "version",
      title: t("column.version"),
      cell: ({ deployment, site, station }) =>
        deployment ? (
          <div>
            <VersionLink deployment={deployment} />
            {station === null && <SignBadge value={site.verdict} />}
          </div>
        ) : (
          <Text span c="dimmed">
            {t("place.nobody")}
          </Text>
        ),
    },
    {
      key: "since",
      title: t("column.since"),
      cell: ({ deployment }) => (
        <div>
          <TimeAgo at={deployment?.at} />
          {deployment && (
            <Text fz="sm" c="dimmed">
              {deployment.by}
            </Text>
          )}
        </div>
      ),
    },
    {
      key: "why",
      title: t("column.why"),
      cell: ({ deployment }) => <span className={classes.why}>{deployment?.reason ?? "–"}</span>,
    },
  ];
  if (mayDeploy)
    columns.push({
      key: "act",
      title: t("column.act"),
      cell: (place) => <Acts place={place} onDeploy={onDeploy} onUndo={onUndo} />,
    });
  return (
    <DataTable
      rows={places}
      columns={columns}
      rowKey={({ site, station }) => `${site.site.id}/${station ?? ""}`}
      caption={t("places.title")}
    />
  );
}

function PlaceCell({ place: { site, station } }: { place: Place }) {
  const { t } = useTranslation("deployments");
  if (station === null)
    return (
      <Anchor component={Link} to={`/sites/${site.site.slug}`} fw={600}>
        {site.site.name}
      </Anchor>
    );
  return (
    <span className={classes.station}>
      <Anchor component={Link} to={`/sites/${site.site.slug}/stations/${station}`}>
        {t("place.station", { site: site.site.name, station })}
      </Anchor>
    </span>
  );
}

function Acts({ place, onDeploy, onUndo }: { place: Place } & Omit<Props, "places">) {
  const { t } = useTranslation("deployments");
  const name = placeName({ site: place.site.site.name, station: place.station });
  return (
    <span className={classes.acts}>
      <Button
        variant="subtle"
        px="xs"
        leftSection={<IconRocket size={18} aria-hidden />}
        aria-label={t("act.deployAt", { place: name })}
        onClick={() => onDeploy(place)}
      >
        {t("act.deploy")}
      </Button>
      {place.deployment && canUndo(place.deployment, place.ofSite) && (
        <Button
          variant="subtle"
          px="xs"
          leftSection={<IconArrowBackUp size={18} aria-hidden />}
          aria-label={t("act.undoAt", { place: name })}
          onClick={() => onUndo(place)}
        >
          {t("act.undo")}
        </Button>
      )}
    </span>
  );
}
