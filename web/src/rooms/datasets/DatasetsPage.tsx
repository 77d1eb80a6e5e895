/* All datasets: what question they ask, and their latest frozen version. */
import { Anchor, Button, Stack, Text } from "@mantine/core";
import { IconDatabase, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { useFormat } from "@/ui/format";
import { MoreButton } from "@/ui/MoreButton";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { TimeAgo } from "@/ui/TimeAgo";
import { Acceptance } from "./Acceptance";
import { CreateDatasetDialog } from "./CreateDatasetDialog";
import { LatestVersion } from "./LatestVersion";
import { type Dataset, useDatasets } from "./queries";

export function DatasetsPage() {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const [search, setSearch] = useSearchValues();
  const may = useMay("datasets:write");
  const datasets = useDatasets();
  const create = may ? (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setSearch({ create: "new" })}>
      {t("create.open")}
    </Button>
  ) : null;
  const columns: Column<Dataset>[] = [
    {
      key: "name",
      title: t("dataset.word"),
      cell: (one) => (
        <Stack gap={0}>
          <Anchor component={Link} to={`/datasets/${one.id}`} fw={600}>
            {one.name}
          </Anchor>
          <Text span fz="sm" c="dimmed">
            {one.slug} · {t(`ui:problem_type.${one.problem}`)}
          </Text>
        </Stack>
      ),
    },
    { key: "classes", title: t("dataset.classes"), cell: (one) => one.classes.join(", ") || "–" },
    { key: "acceptance", title: t("acceptance.word"), cell: (one) => <Acceptance rule={one.acceptance} /> },
    {
      key: "versions",
      title: t("dataset.versions"),
      numeric: true,
      cell: (one) => format.integer(one.n_versions),
    },
    { key: "latest", title: t("dataset.latest"), cell: (one) => <LatestVersion dataset={one} /> },
    { key: "created", title: t("dataset.created"), cell: (one) => <TimeAgo at={one.created_at} /> },
  ];
  return (
    <>
      <PageHeader title={t("list.title")} about={t("list.about")}>
        {create}
      </PageHeader>
      <Answer query={datasets}>
        {(rows) =>
          rows.length ? (
            <>
              <DataTable rows={rows} columns={columns} rowKey={(one) => one.id} caption={t("list.title")} />
              <MoreButton query={datasets} />
            </>
          ) : (
            <EmptyState icon={IconDatabase} title={t("list.empty.title")} text={t("list.empty.text")}>
              {create}
            </EmptyState>
          )
        }
      </Answer>
      {search.create !== undefined && (
        <CreateDatasetDialog onClose={() => setSearch({ create: undefined })} />
      )}
    </>
  );
}
