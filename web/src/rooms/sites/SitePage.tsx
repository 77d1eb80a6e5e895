/* One site: how the model does here, where images are taken, which version answers, and how that came about. */
import { Anchor, Button, Stack } from "@mantine/core";
import { IconPhoto } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { ShownPerformance } from "@/rooms/performance/ShownPerformance";
import { Answer } from "@/ui/Answer";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { overviewQuery } from "./overview";
import { siteQuery } from "./queries";
import { SiteDeployments } from "./SiteDeployments";
import { SiteHead } from "./SiteHead";
import { SiteHistory } from "./SiteHistory";
import { SiteImages } from "./SiteImages";
import { SiteReports } from "./SiteReports";
import { Stations } from "./Stations";

export function SitePage() {
  const { t } = useTranslation("sites");
  const slug = useParam("site");
  const site = useQuery(siteQuery(slug));
  const overview = useQuery(overviewQuery);
  const seesImages = useMay("images:read");
  const seesEvaluations = useMay("evaluations:read");
  const seesDeployments = useMay("deployments:read");
  const seesPerformance = useMay("performance:read");
  const here = overview.data?.find((one) => one.site.id === site.data?.id);
  return (
    <>
      <PageHeader
        title={site.data?.name ?? slug}
        about={site.data && t("site.about", { slug: site.data.slug, zone: site.data.time_zone })}
        trail={[{ to: "/sites", label: t("title") }]}
      >
        {seesImages && site.data && (
          <Button
            component={Link}
            to="/images"
            search={{ site: site.data.slug } as never}
            variant="default"
            leftSection={<IconPhoto size={18} aria-hidden />}
          >
            {t("site.images")}
          </Button>
        )}
      </PageHeader>
      <Answer query={site}>
        {(found) => (
          <Stack gap="lg">
            <Answer query={overview} rows={3}>
              {() => here && <SiteHead site={here} />}
            </Answer>
            {seesPerformance && <ShownPerformance site={found.slug} />}
            <Stations site={found} deployments={here?.deployments ?? []} />
            {seesEvaluations && <SiteHistory site={found} />}
            {seesDeployments && <SiteDeployments site={found} />}
            {seesPerformance && <SiteReports site={found.slug} />}
            {seesImages && here && <SiteImages site={here} />}
            <Anchor component={Link} to="/sites">
              {t("site.back")}
            </Anchor>
          </Stack>
        )}
      </Answer>
    </>
  );
}
