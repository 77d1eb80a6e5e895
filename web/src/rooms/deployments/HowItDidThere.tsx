/* What the latest evaluation of a version found at a site: looked at before the version answers there. */
import { Alert, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { siteHistoryQuery } from "@/rooms/sites/overview";
import { SignBadge } from "@/ui/Badges";
import { useFormat } from "@/ui/format";
import type { ModelVersion } from "./queries";

export function HowItDidThere({ site, model }: { site: string; model: ModelVersion }) {
  const { t } = useTranslation("deployments");
  const format = useFormat();
  const history = useQuery({ ...siteHistoryQuery(site), enabled: useMay("evaluations:read") });
  if (!history.data) return null;
  const found = history.data.findLast((one) => one.model.id === model.id);
  if (!found)
    return (
      <Alert color="warn" variant="light">
        <Text c="var(--p-text)">{t("deploy.neverMeasured")}</Text>
      </Alert>
    );
  const figure = found.value === null ? t("ui:figure.none") : format.metric(found.value);
  return (
    <Group gap="sm">
      <Text fz="sm">
        {t("deploy.measured", {
          metric: t(`ui:metric.${found.metric}`, { defaultValue: found.metric }),
          figure,
        })}
      </Text>
      <SignBadge value={found.verdict} />
    </Group>
  );
}
