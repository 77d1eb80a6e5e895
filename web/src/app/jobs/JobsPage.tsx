/* Background work: what runs, what waits, what failed and why. */
import { Alert, Button, Group, Progress, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconActivity } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { ConfirmDestroy } from "@/ui/ConfirmDestroy";
import { type Column, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { useFormat } from "@/ui/format";
import { PageHeader } from "@/ui/PageHeader";
import { TimeAgo } from "@/ui/TimeAgo";

type Job = Schemas["Job"];
const GOES_ON = ["queued", "running"];

export function JobsPage() {
  const { t } = useTranslation("app");
  const [shown, setShown] = useState("all");
  const [doomed, setDoomed] = useState<Job>();
  const queries = useQueryClient();
  const jobs = useQuery({
    queryKey: ["jobs", "list"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/jobs", { params: { query: { limit: 200 } }, signal })),
    ...polling<Schemas["Listing_Job_"]>(
      (data) => data?.items.some((job) => GOES_ON.includes(job.state)) ?? false,
    ),
  });
  const cancel = useMutation({
    mutationFn: (id: string) =>
      body(api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: id } } })),
    onSuccess: async () => {
      setDoomed(undefined);
      await queries.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
  const columns = useJobColumns(setDoomed);
  const fits = (job: Job) =>
    shown === "all" || (shown === "going" ? GOES_ON.includes(job.state) : job.state === "failed");
  const kind = doomed ? t(`jobs.kind.${doomed.kind.replace(".", "_")}`, { defaultValue: doomed.kind }) : "";
  return (
    <>
      <PageHeader title={t("jobs.title")} about={t("jobs.about")}>
        <SegmentedControl
          aria-label={t("jobs.filter")}
          value={shown}
          onChange={setShown}
          data={["all", "going", "failed"].map((value) => ({ value, label: t(`jobs.${value}`) }))}
        />
      </PageHeader>
      <Answer query={jobs}>
        {({ items }) => {
          const rows = items.filter(fits);
          return rows.length ? (
            <DataTable rows={rows} columns={columns} rowKey={(job) => job.id} caption={t("jobs.title")} />
          ) : (
            <EmptyState icon={IconActivity} title={t(`jobs.none.${shown}`)} text={t("jobs.noneText")} />
          );
        }}
      </Answer>
      <ConfirmDestroy
        opened={doomed !== undefined}
        title={t("jobs.cancelTitle", { kind })}
        what={t("jobs.cancelWhat", { kind })}
        action={t("jobs.cancel")}
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => doomed && cancel.mutate(doomed.id)}
        onClose={() => setDoomed(undefined)}
      />
    </>
  );
}

function JobState({ job }: { job: Job }) {
  const { t } = useTranslation("app");
  const format = useFormat();
  const error = job.error as { detail?: string; remedy?: string } | null;
  return (
    <Stack gap={6} align="stretch" miw={180}>
      <Group gap="xs">
        <SignBadge value={job.state} />
        {job.cancel_requested_at && GOES_ON.includes(job.state) ? (
          <Text fz="sm">{t("jobs.stopping")}</Text>
        ) : null}
      </Group>
      {job.state === "running" && (
        <Progress
          value={job.progress * 100}
          aria-label={format.percent(job.progress)}
          transitionDuration={0}
        />
      )}
      {job.message && GOES_ON.includes(job.state) && (
        <Text fz="sm" c="dimmed">
          {job.message}
        </Text>
      )}
      {error?.detail && (
        <Alert color="bad" p="xs" variant="light">
          <Text fz="sm">{error.detail}</Text>
          {error.remedy && (
            <Text fz="sm" fw={600}>
              {error.remedy}
            </Text>
          )}
        </Alert>
      )}
    </Stack>
  );
}

function useJobColumns(onCancel: (job: Job) => void): Column<Job>[] {
  const { t } = useTranslation("app");
  const format = useFormat();
  const mayCancel = useMay("jobs:write");
  const seconds = (job: Job) =>
    job.started_at && job.finished_at
      ? (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000
      : null;
  return [
    {
      key: "kind",
      title: t("jobs.what"),
      cell: (job) => (
        <Text fw={600}>{t(`jobs.kind.${job.kind.replace(".", "_")}`, { defaultValue: job.kind })}</Text>
      ),
    },
    { key: "state", title: t("jobs.state"), cell: (job) => <JobState job={job} /> },
    { key: "asked", title: t("jobs.asked"), cell: (job) => <TimeAgo at={job.created_at} /> },
    {
      key: "took",
      title: t("jobs.took"),
      numeric: true,
      cell: (job) => (seconds(job) === null ? "–" : format.duration(seconds(job) ?? 0)),
    },
    {
      key: "act",
      title: t("jobs.action"),
      numeric: true,
      cell: (job) =>
        mayCancel && GOES_ON.includes(job.state) && !job.cancel_requested_at ? (
          <Button variant="subtle" color="bad" onClick={() => onCancel(job)}>
            {t("jobs.cancel")}
          </Button>
        ) : null,
    },
  ];
}
