/* Who let which version answer where, when and why; newest first. */
import { Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { useFormat } from "@/ui/format";
import { MoreButton } from "@/ui/MoreButton";
import classes from "./deployments.module.css";
import { type Deployment, type DeploymentState, useDeploymentHistory } from "./queries";
import { usePlaceName } from "./usePlaceName";
import { VersionLink } from "./VersionLink";

interface Props {
  /** Short name of a site, or "" for all. */
  site: string;
  state?: DeploymentState | undefined;
}

export function History({ site, state }: Props) {
  const { t } = useTranslation("deployments");
  const format = useFormat();
  const query = useDeploymentHistory(site, state);
  const nameOf = usePlaceName();
  const columns: Column<Deployment>[] = [
    {
      key: "at",
      title: t("column.at"),
      cell: ({ at }) => <span className={classes.when}>{format.dateTime(at)}</span>,
    },
    { key: "place", title: t("column.place"), cell: nameOf },
    { key: "version", title: t("column.version"), cell: (row) => <VersionLink deployment={row} /> },
    { key: "state", title: t("column.state"), cell: (row) => <SignBadge value={row.state} /> },
    { key: "by", title: t("column.by"), cell: ({ by }) => by },
    { key: "why", title: t("column.why"), cell: (row) => <Why row={row} /> },
  ];
  return (
    <Answer query={query}>
      {(rows) =>
        rows.length === 0 ? (
          <EmptyState icon={IconHistory} title={t("history.none.title")} text={t("history.none.text")} />
        ) : (
          <>
            <DataTable rows={rows} columns={columns} rowKey={({ id }) => id} caption={t("history.caption")} />
            <MoreButton query={query} />
          </>
        )
      }
    </Answer>
  );
}

function Why({ row }: { row: Deployment }) {
  const { t } = useTranslation("deployments");
  const format = useFormat();
  return (
    <div className={classes.why}>
      {row.reason}
      {row.ended_at && (
        <Text fz="sm" c="dimmed">
          {t("history.ended", { time: format.dateTime(row.ended_at), reason: row.end_reason ?? "–" })}
        </Text>
      )}
    </div>
  );
}
