/* The figure of a site against what is acceptable there; in words where it cannot be drawn. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { IntervalBar } from "@/ui/IntervalBar";
import { useMetricName } from "@/ui/metrics";
import type { SiteOverview } from "./overview";

const isShare = ({ estimate, acceptable }: SiteOverview) =>
  [estimate?.value, estimate?.low, estimate?.high, acceptable].every(
    (figure) => figure == null || (figure >= 0 && figure <= 1),
  );

export function SiteFigure({ site }: { site: SiteOverview }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const nameOf = useMetricName();
  const { estimate, acceptable, verdict, lower_is_better } = site;
  if (!site.metric || !estimate) return <Text c="dimmed">{t("figure.none")}</Text>;
  const { value = null, low = null, high = null } = estimate;
  const metric = nameOf(site.metric);
  const limit =
    acceptable === null
      ? t("figure.noLimit")
      : t(lower_is_better ? "figure.atMost" : "figure.atLeast", { limit: format.metric(acceptable) });
  return (
    <div>
      {isShare(site) ? (
        <IntervalBar
          interval={{ value, low, high }}
          acceptable={acceptable}
          verdict={verdict}
          lowerIsBetter={lower_is_better}
          label={metric}
        />
      ) : (
        <Text fw={700} className="tabular">
          {value === null ? t("ui:figure.none") : format.metric(value)}{" "}
          {low !== null && high !== null && (
            <Text span fz="sm" c="dimmed" fw={400}>
              {t("ui:figure.interval", { low: format.metric(low), high: format.metric(high) })}
            </Text>
          )}
        </Text>
      )}
      <Text fz="sm" c="dimmed">
        {estimate.too_few && estimate.needed
          ? t("figure.needed", { needed: format.integer(estimate.needed) })
          : limit}
      </Text>
    </div>
  );
}
