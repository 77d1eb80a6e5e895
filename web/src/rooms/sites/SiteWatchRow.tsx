/* What is shown and what is watched at a site, in one row of its card: certificates, watch, gate. */
import { Anchor, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { SiteWatch } from "@/rooms/monitoring/queries";
import type { Certificate, SiteStanding } from "@/rooms/performance/queries";
import { signOf, wordOf } from "@/rooms/performance/standing";
import { SignBadge } from "@/ui/Badges";
import { useFormat } from "@/ui/format";
import classes from "./SiteCard.module.css";
import type { Standing } from "./standing";

export function SiteWatchRow({ standing }: { standing: Standing }) {
  const { watch, certified } = standing;
  if (!watch && !certified) return null;
  return (
    <div className={classes.watch}>
      {certified && <Certified standing={certified} />}
      {watch && <Watched watch={watch} site={standing.site.site.slug} />}
      {watch && <Gate watch={watch} />}
    </div>
  );
}

function Certified({ standing }: { standing: SiteStanding }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  if (standing.state === "no_claim") {
    return (
      <Text fz="sm" c="dimmed">
        {t("watch.noClaim")}
      </Text>
    );
  }
  return (
    <Group gap={8} wrap="wrap">
      {standing.certificates.map((one) => (
        <Claim key={one.id} certificate={one} site={standing.site} />
      ))}
      {standing.labels_owed > 0 && (
        <Text fz="sm" c="dimmed">
          {t("watch.owed", { count: standing.labels_owed, shown: format.integer(standing.labels_owed) })}
        </Text>
      )}
    </Group>
  );
}

function Claim({ certificate, site }: { certificate: Certificate; site: string }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const { metric, at_least } = certificate;
  return (
    <Group gap={6} wrap="nowrap">
      <SignBadge value={signOf(wordOf(certificate))} size="sm" />
      <Anchor
        component={Link}
        to={`/sites/${site}/performance`}
        fz="sm"
        className={`tabular ${classes.target}`}
      >
        {t(`watch.claim.${metric}`, { limit: format.number(at_least, 3) })}
      </Anchor>
    </Group>
  );
}

function Watched({ watch, site }: { watch: SiteWatch; site: string }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  return (
    <Group gap={8} wrap="wrap">
      <Link to={`/sites/${site}/watch` as string} className={classes.target}>
        <SignBadge value={watch.contexts === 0 ? "not_watched" : `watch_${watch.state}`} size="sm" />
      </Link>
      {watch.open_incidents > 0 && (
        <Anchor
          component={Link}
          to="/incidents"
          search={{ site } as never}
          fz="sm"
          className={classes.target}
        >
          {t("watch.incidents", { count: watch.open_incidents, shown: format.integer(watch.open_incidents) })}
        </Anchor>
      )}
    </Group>
  );
}

function Gate({ watch }: { watch: SiteWatch }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  if (watch.refused_share_7d === null) return null;
  return (
    <Text fz="sm" c="dimmed">
      {t("watch.gate", {
        refused: format.percent(watch.refused_share_7d),
        flagged: format.percent(watch.flagged_share_7d ?? 0),
      })}
    </Text>
  );
}
