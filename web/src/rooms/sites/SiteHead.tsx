/* The verdict on a site, with the figure it rests on and what it means. */
import { Anchor, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { ModelName } from "@/rooms/deployments/ModelName";
import { SignBadge } from "@/ui/Badges";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { TimeAgo } from "@/ui/TimeAgo";
import type { SiteOverview } from "./overview";
import { Decisions } from "./SiteCard";
import { SiteFigure } from "./SiteFigure";

export function SiteHead({ site }: { site: SiteOverview }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const nameOf = useMetricName();
  const { estimate, model } = site;
  const seesEvaluations = useMay("evaluations:read");
  return (
    <section className="surface" aria-label={t("head.label")}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" p={{ base: "md", sm: "lg" }}>
        <Stack gap="sm">
          <Group gap="sm">
            <SignBadge value={site.verdict} size="xl" />
          </Group>
          <Text>
            {site.verdict === "not_evaluated" && !model ? t("head.nothing") : t(`head.${site.verdict}`)}
          </Text>
          {site.metric && (
            <div>
              <Text fz="sm" c="dimmed" fw={600}>
                {nameOf(site.metric)}
              </Text>
              <SiteFigure site={site} />
            </div>
          )}
          {estimate && (
            <Text fz="sm" c="dimmed">
              {t("head.basis", {
                images: format.integer(estimate.n),
                groups: format.integer(estimate.n_groups),
              })}
            </Text>
          )}
        </Stack>
        <Facts
          facts={[
            [t("head.judged"), model ? <ModelName {...model} /> : null],
            [
              t("head.evaluated"),
              site.evaluation_id && seesEvaluations ? (
                <Anchor component={Link} to={`/evaluations/${site.evaluation_id}`}>
                  <TimeAgo at={site.evaluated_at} />
                </Anchor>
              ) : (
                <TimeAgo at={site.evaluated_at} />
              ),
            ],
            [t("head.deployed"), <TimeAgo key="at" at={site.deployed_at} />],
            [t("card.decisions"), <Decisions key="counts" counts={site.decisions_24h} />],
          ]}
        />
      </SimpleGrid>
    </section>
  );
}
