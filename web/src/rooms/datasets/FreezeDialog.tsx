/* Freezes the present state of a dataset into a version that never changes: which images, how divided, and
   whether the test set is sealed. A refusal names what would leak. */
import { Button, Checkbox, Group, Modal, Progress, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { BUSY_MS } from "@/api/polling";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { FreezeSelection } from "./FreezeSelection";
import { FreezeSplit } from "./FreezeSplit";
import { jobProblem, type Rules, startingRules, toRequest } from "./freezing";
import { LeakPairs } from "./LeakPairs";
import type { Dataset } from "./queries";

const ENDED = ["succeeded", "failed", "cancelled"];

export function FreezeDialog({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const { t } = useTranslation("datasets");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [rules, setRules] = useState<Rules>(startingRules);
  const change = (some: Partial<Rules>) => setRules((before) => ({ ...before, ...some }));
  const go = useCallback(
    (version: string) => {
      void queries.invalidateQueries({ queryKey: ["datasets"] });
      void navigate({ to: `/dataset-versions/${version}` });
    },
    [queries, navigate],
  );
  const freeze = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/datasets/{dataset}/versions", {
          params: { path: { dataset: dataset.id } },
          body: toRequest(rules),
        }),
      ),
    onSuccess: (answer) => answer.version && go(answer.version.id),
  });
  const jobId = freeze.data?.job_id;
  const job = useQuery({
    queryKey: ["jobs", jobId],
    enabled: Boolean(jobId),
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: jobId ?? "" } }, signal })),
    refetchInterval: ({ state }) => (ENDED.includes(state.data?.state ?? "") ? false : BUSY_MS),
  }).data;
  const made = job?.state === "succeeded" ? String(job.result?.dataset_version_id ?? "") : "";
  useEffect(() => {
    if (made) go(made);
  }, [made, go]);
  const problem = freeze.error ?? jobProblem(job);
  const busy = freeze.isPending || (Boolean(jobId) && !ENDED.includes(job?.state ?? ""));
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t("freeze.title", { name: dataset.name })}
      closeButtonProps={{ "aria-label": t("ui:action.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          freeze.mutate();
        }}
      >
        <Stack gap="lg">
          <Text c="dimmed">{t("freeze.about")}</Text>
          <FreezeSelection rules={rules} onChange={change} />
          <FreezeSplit rules={rules} onChange={change} />
          <Checkbox
            size="md"
            label={t("freeze.sealed")}
            description={t("freeze.sealedAbout")}
            checked={rules.sealed}
            onChange={(event) => change({ sealed: event.currentTarget.checked })}
          />
          <TextInput
            label={t("version.note")}
            description={t("freeze.noteAbout")}
            maxLength={2000}
            value={rules.note}
            onChange={(event) => change({ note: event.currentTarget.value })}
          />
          {busy && job && (
            <Stack gap={4} role="status">
              <Text>{job.message || t("freeze.working")}</Text>
              <Progress value={job.progress * 100} aria-label={t("freeze.working")} />
            </Stack>
          )}
          {problem ? <ProblemAlert error={problem} /> : null}
          <LeakPairs error={problem} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t(busy && job ? "ui:action.close" : "ui:action.cancel")}
            </Button>
            <Button type="submit" loading={busy}>
              {t("freeze.submit")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
