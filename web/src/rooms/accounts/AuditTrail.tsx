/* What was done, by whom, when: newest first. */
import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { type Column, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { Loading } from "@/ui/Loading";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { TimeAgo } from "@/ui/TimeAgo";
import classes from "./AuditTrail.module.css";

type AuditEvent = Schemas["AuditEvent"];

export function AuditTrail() {
  const { t } = useTranslation("accounts");
  const events = useInfiniteQuery({
    queryKey: ["users", "audit"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET("/api/v1/audit", {
          params: { query: { limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const columns: Column<AuditEvent>[] = [
    { key: "at", title: t("audit.when"), width: 150, cell: (event) => <TimeAgo at={event.at} /> },
    { key: "actor", title: t("audit.who"), cell: (event) => event.actor },
    {
      key: "action",
      title: t("audit.what"),
      cell: (event) => (
        <Text fw={600} title={event.action}>
          {t(`audit.act.${event.action.replace(/[.-]/g, "_")}`, { defaultValue: event.action })}
        </Text>
      ),
    },
    { key: "object", title: t("audit.on"), cell: (event) => `${event.object_type} ${event.object_id}` },
    {
      key: "detail",
      title: t("audit.detail"),
      cell: (event) =>
        Object.keys(event.detail).length ? (
          <Code className={classes.detail}>{JSON.stringify(event.detail)}</Code>
        ) : (
          "–"
        ),
    },
  ];
  if (events.error) return <ProblemAlert error={events.error} retry={() => void events.refetch()} />;
  if (!events.data) return <Loading />;
  const rows = events.data.pages.flatMap((page) => page.items);
  if (!rows.length)
    return <EmptyState icon={IconHistory} title={t("audit.none")} text={t("audit.noneText")} />;
  return (
    <Stack>
      <DataTable rows={rows} columns={columns} rowKey={(event) => event.id} caption={t("people.audit")} />
      {events.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={events.isFetchingNextPage}
            onClick={() => void events.fetchNextPage()}
          >
            {t("ui:action.more")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
