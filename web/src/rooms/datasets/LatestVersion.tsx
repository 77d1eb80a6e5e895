/* The latest frozen version of a dataset with its counts. */
import { Anchor, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type Dataset, versionQuery } from "./queries";
import { SplitCounts } from "./SplitCounts";

export function LatestVersion({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation("datasets");
  const id = dataset.latest_version_id;
  const version = useQuery({ ...versionQuery(id ?? ""), staleTime: Infinity, enabled: Boolean(id) }).data;
  if (!id) return <Text c="dimmed">{t("dataset.nothingFrozen")}</Text>;
  return (
    <Stack gap={0}>
      <Anchor component={Link} to={`/dataset-versions/${id}`}>
        {t("version.numbered", { number: dataset.latest_number })}
      </Anchor>
      {version && <SplitCounts splits={version.splits} />}
    </Stack>
  );
}
