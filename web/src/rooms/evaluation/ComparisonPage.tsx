/* Champion beside challenger on the same images: the difference at every site with its interval, worse ones named. */
import { Button, Select, Stack } from "@mantine/core";
import { IconArrowsExchange, IconRocket } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { useMetricName } from "@/ui/metrics";
import { PageHeader } from "@/ui/PageHeader";
import { useParam, useSearchValues } from "@/ui/params";
import { ComparisonSites } from "./ComparisonSites";
import { ComparisonVerdict } from "./ComparisonVerdict";
import { comparisonQuery, evaluationQuery } from "./queries";

export function ComparisonPage() {
  const { t } = useTranslation("evaluation");
  const nameOf = useMetricName();
  const mayDeploy = useMay("deployments:write");
  const [{ metric }, setSearch] = useSearchValues();
  const ids = [useParam("champion"), useParam("challenger")] as const;
  const champion = useQuery(evaluationQuery(ids[0]));
  const challenger = useQuery(evaluationQuery(ids[1]));
  const comparison = useQuery(comparisonQuery(ids[0], ids[1], metric));
  return (
    <Answer query={champion}>
      {(before) => (
        <Answer query={challenger}>
          {(after) => (
            <>
              <PageHeader
                title={t("compare.title", {
                  challenger: `${after.model_name}:${after.model_number}`,
                  champion: `${before.model_name}:${before.model_number}`,
                })}
                trail={[{ to: "/evaluations", label: t("list.title") }]}
                about={t("compare.about", {
                  dataset: `${before.dataset}:${before.dataset_number}`,
                  split: t(`split.${before.split}`),
                })}
              >
                <Select
                  aria-label={t("site.metric")}
                  w={230}
                  allowDeselect={false}
                  data={Object.keys(before.overall?.metrics ?? {}).map((name) => ({
                    value: name,
                    label: nameOf(name),
                  }))}
                  value={metric ?? comparison.data?.metric ?? null}
                  onChange={(name) => setSearch({ metric: name ?? undefined })}
                />
                <Button
                  component={Link}
                  variant="default"
                  to={`/evaluations/${after.id}/compare/${before.id}`}
                  leftSection={<IconArrowsExchange size={18} aria-hidden />}
                >
                  {t("compare.swap")}
                </Button>
                {mayDeploy && (
                  <Button
                    component={Link}
                    to="/deployments"
                    search={{ model: after.model_version_id } as never}
                    leftSection={<IconRocket size={18} aria-hidden />}
                  >
                    {t("compare.deploy")}
                  </Button>
                )}
              </PageHeader>
              <Answer query={comparison}>
                {(found) => (
                  <Stack>
                    <ComparisonVerdict comparison={found} champion={before} challenger={after} />
                    <ComparisonSites comparison={found} champion={before} challenger={after} />
                  </Stack>
                )}
              </Answer>
            </>
          )}
        </Answer>
      )}
    </Answer>
  );
}
