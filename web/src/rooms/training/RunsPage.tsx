/* All training runs, newest first; two of them can be laid over each other. */
import { Button, Select } from "@mantine/core";
import { IconPlayerPlay, IconScale, IconTimeline } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { MoreButton } from "@/ui/MoreButton";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { type RunState, useRuns } from "./queries";
import { RunsTable } from "./RunsTable";
import { StartRunDialog } from "./StartRunDialog";

const STATES: RunState[] = ["queued", "claimed", "running", "uploading", "succeeded", "failed", "cancelled"];

export function RunsPage() {
  const { t } = useTranslation("training");
  const navigate = useNavigate();
  const mayStart = useMay("runs:write");
  const [search, setSearch] = useSearchValues();
  const [chosen, setChosen] = useState<string[]>([]);
  const runs = useRuns(search.state as RunState | undefined);
  const choose = (id: string) =>
    setChosen((before) =>
      before.includes(id) ? before.filter((one) => one !== id) : [...before, id].slice(-2),
    );
  const start = mayStart ? (
    <Button
      leftSection={<IconPlayerPlay size={18} aria-hidden />}
      onClick={() => setSearch({ start: "new" })}
    >
      {t("start.open")}
    </Button>
  ) : null;
  return (
    <>
      <PageHeader title={t("list.title")} about={t("list.about")}>
        <Select
          aria-label={t("list.filter")}
          placeholder={t("list.all")}
          clearable
          clearButtonProps={{ "aria-label": t("list.all") }}
          w={180}
          data={STATES.map((state) => ({ value: state, label: t(`ui:sign.${state}`) }))}
          value={search.state ?? null}
          onChange={(state) => setSearch({ state: state ?? undefined })}
        />
        <Button
          variant="default"
          disabled={chosen.length < 2}
          leftSection={<IconScale size={18} aria-hidden />}
          onClick={() =>
            void navigate({ to: "/runs/compare", search: { a: chosen[0], b: chosen[1] } } as never)
          }
        >
          {t("compare.open", { chosen: chosen.length })}
        </Button>
        {start}
      </PageHeader>
      <Answer query={runs}>
        {(rows) =>
          rows.length ? (
            <>
              <RunsTable runs={rows} chosen={chosen} onChoose={choose} />
              <MoreButton query={runs} />
            </>
          ) : (
            <EmptyState icon={IconTimeline} title={t("list.empty.title")} text={t("list.empty.text")}>
              {start}
            </EmptyState>
          )
        }
      </Answer>
      {search.start !== undefined && (
        <StartRunDialog
          version={search.start === "new" ? undefined : search.start}
          onClose={() => setSearch({ start: undefined })}
        />
      )}
    </>
  );
}
