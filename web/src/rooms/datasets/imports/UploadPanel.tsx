/* An import that receives its files: how far it is, how to go on after a break, and the step to the dry run. */
import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { ProblemError } from "@/api/problem";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { DropZone } from "./DropZone";
import { type Import, useImportAct } from "./queries";
import { startUpload, stopUpload, useUpload } from "./uploads";
import type { UploadState } from "./Uploader";

const BUSY = ["comparing", "sending", "waiting"];

export function UploadPanel({ one }: { one: Import }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const upload = useUpload(one.id);
  const act = useImportAct(one.id);
  const busy = upload !== null && BUSY.includes(upload.phase);
  const here = Math.max(one.files, upload ? upload.sent + upload.skipped : 0);
  const complete = upload?.phase === "done" && upload.refused.length === 0;
  const begun = useRef(false);
  const { mutate } = act;
  useEffect(() => {
    if (!complete || begun.current) return;
    begun.current = true;
    mutate({ act: "check" });
  }, [complete, mutate]);
  return (
    <Section title={t("upload.title")} about={t("upload.about")}>
      <Stack gap="md">
        {upload && <UploadProgress upload={upload} />}
        {busy && (
          <Group>
            <Button variant="default" onClick={() => stopUpload(one.id)}>
              {t("upload.stop")}
            </Button>
          </Group>
        )}
        {!busy && (
          <>
            {here > 0 && (
              <Text role="status">{t("upload.here", { count: here, number: format.integer(here) })}</Text>
            )}
            {act.error && <ProblemAlert error={act.error} />}
            {here > 0 && !(complete && !act.error) && (
              <Group>
                <Button loading={act.isPending} onClick={() => act.mutate({ act: "check" })}>
                  {t("upload.check", { count: here, number: format.integer(here) })}
                </Button>
              </Group>
            )}
            {!complete && (
              <DropZone
                title={here > 0 ? t("upload.goOn") : t("drop.title")}
                onFound={(found) => void startUpload(one.id, found)}
              />
            )}
          </>
        )}
      </Stack>
    </Section>
  );
}

function UploadProgress({ upload }: { upload: UploadState }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const share = upload.bytes ? (100 * upload.doneBytes) / upload.bytes : 100;
  const done = upload.sent + upload.skipped;
  return (
    <Stack gap={6}>
      <Progress.Root size={14} radius="sm">
        <Progress.Section
          value={share}
          color={upload.phase === "waiting" || upload.phase === "failed" ? "warn" : "brand"}
          aria-label={t("upload.progress")}
        />
      </Progress.Root>
      <Text className="tabular" role="status">
        {t(`upload.phase.${upload.phase}`)}{" "}
        {t("upload.count", {
          done: format.integer(done),
          files: format.integer(upload.files),
          bytes: format.bytes(upload.doneBytes),
          all: format.bytes(upload.bytes),
        })}
        {upload.skipped > 0 &&
          ` ${t("upload.skipped", { count: upload.skipped, number: format.integer(upload.skipped) })}`}
      </Text>
      {upload.problem && <ProblemAlert error={new ProblemError(upload.problem)} />}
      {upload.refused.slice(0, 5).map(({ path, problem }) => (
        <Text key={path} fz="sm" c="var(--p-bad)" style={{ overflowWrap: "anywhere" }}>
          {path}: {problem.detail ?? problem.title} {problem.remedy}
        </Text>
      ))}
      {upload.refused.length > 5 && (
        <Text fz="sm">{t("upload.moreRefused", { count: upload.refused.length - 5 })}</Text>
      )}
    </Stack>
  );
}
