/* How good the answers at a site really are: what is certified, what labels say week by week, what is expected
   without labels, and whether scores can be taken at their word. */
import { Anchor, Button, Stack } from "@mantine/core";
import { IconCertificate } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { siteQuery } from "@/rooms/sites/queries";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { Calibration } from "./Calibration";
import { Certificates } from "./Certificates";
import { ClaimDialog } from "./ClaimDialog";
import { Estimates } from "./Estimates";
import { Weeks } from "./Weeks";

export function SitePerformancePage() {
  const { t } = useTranslation("performance");
  const slug = useParam("site");
  const site = useQuery(siteQuery(slug));
  const mayClaim = useMay("performance:write");
  const [claiming, setClaiming] = useState(false);
  return (
    <>
      <PageHeader
        title={t("page.title", { site: site.data?.name ?? slug })}
        about={t("page.about")}
        trail={[
          { to: "/sites", label: t("page.sites") },
          { to: `/sites/${slug}`, label: site.data?.name ?? slug },
        ]}
      >
        {mayClaim && (
          <Button leftSection={<IconCertificate size={18} aria-hidden />} onClick={() => setClaiming(true)}>
            {t("claim.open")}
          </Button>
        )}
      </PageHeader>
      <Stack gap="lg">
        <Certificates site={slug} />
        <Weeks site={slug} />
        <Estimates site={slug} />
        <Calibration site={slug} />
        <Anchor component={Link} to={`/sites/${slug}`}>
          {t("page.back", { site: site.data?.name ?? slug })}
        </Anchor>
      </Stack>
      {claiming && <ClaimDialog site={slug} onClose={() => setClaiming(false)} />}
    </>
  );
}
