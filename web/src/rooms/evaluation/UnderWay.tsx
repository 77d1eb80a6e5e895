/* An evaluation that is not finished: how far its job is, or why it failed. */
import { Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { BUSY_MS } from "@/api/polling";
import { ProblemError } from "@/api/problem";
import { SignBadge } from "@/ui/Badges";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { Section } from "@/ui/Section";
import { type Evaluation, isRunning } from "./queries";

export function UnderWay({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const id = evaluation.job_id ?? "";
  const job = useQuery({
    queryKey: ["jobs", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } }, signal })),
    enabled: id !== "",
    refetchInterval: isRunning(evaluation) ? BUSY_MS : false,
  }).data;
  const error = job?.error
    ? new ProblemError({ title: "", status: 0, code: "unexpected", ...job.error })
    : null;
  return (
    <Section
      title={t(`underWay.${isRunning(evaluation) ? "title" : "failed"}`)}
      actions={<SignBadge value={evaluation.state} />}
    >
      <Stack>
        {error && <ProblemAlert error={error} />}
        {isRunning(evaluation) && (
          <>
            <Text role="status">{job?.message || t("underWay.waiting")}</Text>
            <Progress value={(job?.progress ?? 0) * 100} size="lg" aria-label={t("underWay.title")} />
          </>
        )}
      </Stack>
    </Section>
  );
}
