/* Incidents in a table: where, what moved, why and what to do, since when, and who looks after it. */
import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { TimeAgo } from "@/ui/TimeAgo";
import { sitesOf, slugsOf } from "./places";
import type { IncidentSummary } from "./queries";
import { useChannelName } from "./useWords";

const MOST_SITES = 3;
const shortened = (names: string[]) =>
  names.slice(0, MOST_SITES).join(", ") + (names.length > MOST_SITES ? ` +${names.length - MOST_SITES}` : "");

export function IncidentsTable({ rows, caption }: { rows: IncidentSummary[]; caption: string }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const nameOf = useChannelName();
  const columns: Column<IncidentSummary>[] = [
    {
      key: "number",
      title: t("list.number"),
      width: 150,
      cell: (one) => (
        <Stack gap={4} align="flex-start">
          <Anchor
            component={Link}
            to={`/incidents/${one.id}`}
            fw={600}
            aria-label={t("list.named", { number: one.number })}
          >
            #{one.number}
          </Anchor>
          <SignBadge value={`incident_${one.state}`} size="sm" />
        </Stack>
      ),
    },
    {
      key: "sites",
      title: t("list.sites"),
      cell: (one) => (
        <Stack gap={0}>
          <span>{shortened(sitesOf(one))}</span>
          <Text span fz="sm" c="dimmed">
            {t("list.stations", { count: one.stations, shown: format.integer(one.stations) })}
            {slugsOf(one).length > 0 && ` · ${shortened(slugsOf(one))}`}
          </Text>
        </Stack>
      ),
    },
    {
      key: "moved",
      title: t("list.moved"),
      cell: (one) => (
        <Stack gap={0}>
          <span>{nameOf(one.main_channel)}</span>
          <Text span fz="sm" c="dimmed">
            {t(`group.${one.main_group}`)}
          </Text>
        </Stack>
      ),
    },
    {
      key: "cause",
      title: t("list.cause"),
      width: "30%",
      cell: ({ cause, action }) =>
        cause ? (
          <Stack gap={0}>
            <Text span inherit fw={600}>
              {t(`cause.${cause}`, { defaultValue: cause })}
            </Text>
            {action && (
              <Text span fz="sm" c="dimmed">
                {t(`action.${action}`, { defaultValue: action })}
              </Text>
            )}
          </Stack>
        ) : (
          <Text span inherit c="dimmed">
            {t("list.looking")}
          </Text>
        ),
    },
    { key: "since", title: t("list.since"), cell: ({ onset_at }) => <TimeAgo at={onset_at} /> },
    {
      key: "assignee",
      title: t("list.assignee"),
      cell: ({ assignee }) =>
        assignee ?? (
          <Text span inherit c="dimmed">
            {t("list.nobody")}
          </Text>
        ),
    },
  ];
  return <DataTable rows={rows} columns={columns} rowKey={({ id }) => id} caption={caption} />;
}
