/* Bring images and their truth in: begin an import, and see those of before. */
import { Anchor, Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { MoreButton } from "@/ui/MoreButton";
import { PageHeader } from "@/ui/PageHeader";
import { TimeAgo } from "@/ui/TimeAgo";
import { NewImport } from "./imports/NewImport";
import { type Import, useImports } from "./imports/queries";

export function ImportsPage() {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const mayImport = useMay("images:write");
  const imports = useImports();
  const columns: Column<Import>[] = [
    {
      key: "name",
      title: t("list.name"),
      cell: ({ id, name }) => (
        <Anchor component={Link} to={`/imports/${id}`} fw={600}>
          {name}
        </Anchor>
      ),
    },
    { key: "state", title: t("list.state"), cell: ({ state }) => <SignBadge value={state} /> },
    {
      key: "site",
      title: t("list.site"),
      cell: ({ site, station }) => [site, station].filter(Boolean).join(" · "),
    },
    { key: "files", title: t("list.files"), numeric: true, cell: ({ files }) => format.integer(files) },
    {
      key: "created",
      title: t("list.came"),
      numeric: true,
      cell: ({ result }) => (result ? format.integer(result.created) : "–"),
    },
    { key: "by", title: t("list.by"), cell: ({ created_by: by }) => by },
    { key: "at", title: t("list.at"), cell: ({ created_at: at }) => <TimeAgo at={at} /> },
  ];
  return (
    <>
      <PageHeader title={t("list.title")} about={t("list.about")} />
      <Stack gap="lg">
        {mayImport && <NewImport />}
        <Answer query={imports}>
          {(rows) =>
            rows.length > 0 && (
              <div>
                <DataTable rows={rows} columns={columns} rowKey={({ id }) => id} caption={t("list.before")} />
                <MoreButton query={imports} />
              </div>
            )
          }
        </Answer>
      </Stack>
    </>
  );
}
