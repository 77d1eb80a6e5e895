/* One import, step by step: files arrive, the dry run says what they are, a person starts it, it is done. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { ProblemError, type Problem } from "@/api/problem";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { useFormat } from "@/ui/format";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { Section } from "@/ui/Section";
import { CheckPanel } from "./imports/CheckPanel";
import { EndImport } from "./imports/EndImport";
import { type Import, useImport } from "./imports/queries";
import { ResultPanel } from "./imports/ResultPanel";
import { RetryButtons } from "./imports/RetryButtons";
import { UploadPanel } from "./imports/UploadPanel";
import { WorkPanel } from "./imports/WorkPanel";

const OPEN = ["collecting", "checked", "failed"];

export function ImportPage() {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const query = useImport(useParam("import"));
  const [ending, { open, close }] = useDisclosure(false);
  const one = query.data;
  const place = one && [one.site, one.station, one.product].filter(Boolean).join(" · ");
  return (
    <>
      <PageHeader
        title={one?.name ?? t("import.title")}
        trail={[{ to: "/imports", label: t("list.title") }]}
        about={
          one && (
            <Group gap="xs">
              <SignBadge value={one.state} />
              <span>
                {place} ·{" "}
                {t("import.files", {
                  count: one.files,
                  number: format.integer(one.files),
                  bytes: format.bytes(one.bytes),
                })}
              </span>
            </Group>
          )
        }
      >
        {one && OPEN.includes(one.state) && (
          <Button variant="default" onClick={open}>
            {t("end.open")}
          </Button>
        )}
      </PageHeader>
      <Answer query={query}>
        {(known) => (
          <Stack gap="md">
            <Step one={known} onEnd={open} />
            <EndImport one={known} opened={ending} onClose={close} />
          </Stack>
        )}
      </Answer>
    </>
  );
}

function Step({ one, onEnd }: { one: Import; onEnd: () => void }) {
  const { t } = useTranslation("imports");
  switch (one.state) {
    case "collecting":
      return <UploadPanel one={one} />;
    case "checking":
    case "running":
      return <WorkPanel one={one} onCancel={onEnd} />;
    case "checked":
      return one.report && <CheckPanel key={one.job_id} one={one} check={one.report} />;
    case "succeeded":
      return <ResultPanel one={one} />;
    case "failed":
      return (
        <>
          {one.error && <ProblemAlert error={new ProblemError(one.error as Problem)} />}
          <RetryButtons one={one} />
          {one.report && <CheckPanel key={one.job_id} one={one} check={one.report} />}
        </>
      );
    case "cancelled":
      return (
        <Section title={t("cancelled.title")}>
          <Text>{t("cancelled.text")}</Text>
        </Section>
      );
  }
}
