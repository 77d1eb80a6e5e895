/* A dataset and its frozen versions; from here a new one is frozen. */
import { Button, Stack } from "@mantine/core";
import { IconEdit, IconSnowflake } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { Facts } from "@/ui/Facts";
import { MoreButton } from "@/ui/MoreButton";
import { PageHeader } from "@/ui/PageHeader";
import { useParam, useSearchValues } from "@/ui/params";
import { Section } from "@/ui/Section";
import { Acceptance } from "./Acceptance";
import { ChangeDatasetDialog } from "./ChangeDatasetDialog";
import { FreezeDialog } from "./FreezeDialog";
import { datasetQuery, useVersions } from "./queries";
import { VersionsTable } from "./VersionsTable";

export function DatasetPage() {
  const { t } = useTranslation("datasets");
  const id = useParam("dataset");
  const may = useMay("datasets:write");
  const [search, setSearch] = useSearchValues();
  const dataset = useQuery(datasetQuery(id));
  const versions = useVersions(id);
  const close = () => setSearch({ dialog: undefined });
  const freeze = may && (
    <Button
      leftSection={<IconSnowflake size={18} aria-hidden />}
      onClick={() => setSearch({ dialog: "freeze" })}
    >
      {t("freeze.open")}
    </Button>
  );
  return (
    <Answer query={dataset}>
      {(found) => (
        <>
          <PageHeader
            title={found.name}
            trail={[{ to: "/datasets", label: t("list.title") }]}
            about={`${found.slug} · ${t(`ui:problem_type.${found.problem}`)}`}
          >
            {may && (
              <Button
                variant="default"
                leftSection={<IconEdit size={18} aria-hidden />}
                onClick={() => setSearch({ dialog: "change" })}
              >
                {t("change.open")}
              </Button>
            )}
            {freeze}
          </PageHeader>
          <Stack>
            <Section title={t("dataset.asks")}>
              <Facts
                facts={[
                  [t("dataset.classes"), found.classes.join(", ") || "–"],
                  [t("acceptance.word"), <Acceptance key="rule" rule={found.acceptance} />],
                ]}
              />
            </Section>
            <Answer query={versions}>
              {(rows) =>
                rows.length ? (
                  <>
                    <VersionsTable versions={rows} />
                    <MoreButton query={versions} />
                  </>
                ) : (
                  <EmptyState
                    icon={IconSnowflake}
                    title={t("freeze.empty.title")}
                    text={t("freeze.empty.text")}
                  >
                    {freeze}
                  </EmptyState>
                )
              }
            </Answer>
          </Stack>
          {search.dialog === "freeze" && <FreezeDialog dataset={found} onClose={close} />}
          {search.dialog === "change" && <ChangeDatasetDialog dataset={found} onClose={close} />}
        </>
      )}
    </Answer>
  );
}
