/* One site on the first page: verdict, figure, versions, who answers, images and decisions. */
import { Anchor, Group, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ModelName } from "@/rooms/deployments/ModelName";
import { SignBadge } from "@/ui/Badges";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { TimeAgo } from "@/ui/TimeAgo";
import type { SiteOverview } from "./overview";
import classes from "./SiteCard.module.css";
import { SiteFigure } from "./SiteFigure";
import { SiteWatchRow } from "./SiteWatchRow";
import { Sparkline } from "./Sparkline";
import type { Standing } from "./standing";

export function SiteCard({ standing }: { standing: Standing }) {
  const { site } = standing;
  const { t } = useTranslation("sites");
  const format = useFormat();
  const nameOf = useMetricName();
  return (
    <li className={`surface ${classes.card}`} data-verdict={site.verdict} data-testid="site">
      <div className={classes.name}>
        <Title order={2} fz="h4">
          <Anchor component={Link} to={`/sites/${site.site.slug}`} inherit className={classes.link}>
            {site.site.name}
          </Anchor>
        </Title>
        <SignBadge value={site.verdict} size="lg" />
      </div>
      <Part name={site.metric ? nameOf(site.metric) : t("card.figure")}>
        <SiteFigure site={site} />
      </Part>
      <Part name={t("card.versions")}>
        <Sparkline history={site.history} />
      </Part>
      <Part name={t("card.deployed")}>
        <Deployed site={site} />
      </Part>
      <Part name={t("card.images")}>
        <Text className="tabular">
          {format.integer(site.images)}
          {site.images_last_24h > 0 && (
            <Text span c="dimmed" fz="sm">
              {" "}
              {t("card.more24h", { more: format.integer(site.images_last_24h) })}
            </Text>
          )}
        </Text>
        <Text fz="sm" c="dimmed">
          {site.last_image_at ? (
            <>
              {t("card.latest")} <TimeAgo at={site.last_image_at} />
            </>
          ) : (
            t("card.noImage")
          )}
        </Text>
      </Part>
      <Part name={t("card.decisions")}>
        <Decisions counts={site.decisions_24h} />
      </Part>
      <SiteWatchRow standing={standing} />
    </li>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.part}>
      <div className={classes.caption}>{name}</div>
      {children}
    </div>
  );
}

function Deployed({ site }: { site: SiteOverview }) {
  const { t } = useTranslation("sites");
  if (site.deployments.length === 0) return <Text c="dimmed">{t("card.nobody")}</Text>;
  return (
    <>
      {site.deployments.map(({ station, model }) => (
        <div key={station ?? ""} className={classes.version}>
          <ModelName {...model} />
          {station && (
            <Text span fz="sm" c="dimmed">
              {" "}
              {t("card.atStation", { station })}
            </Text>
          )}
        </div>
      ))}
    </>
  );
}

export function Decisions({ counts }: { counts: SiteOverview["decisions_24h"] }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const rows = (["pass", "fail", "unsure"] as const).filter((decision) => (counts[decision] ?? 0) > 0);
  if (rows.length === 0) return <Text c="dimmed">{t("card.noDecision")}</Text>;
  return (
    <Group gap={6}>
      {rows.map((decision) => (
        <Group key={decision} gap={4} wrap="nowrap">
          <SignBadge value={decision} size="sm" />
          <Text span fw={600} fz="sm" className="tabular">
            {format.integer(counts[decision] ?? 0)}
          </Text>
        </Group>
      ))}
    </Group>
  );
}
