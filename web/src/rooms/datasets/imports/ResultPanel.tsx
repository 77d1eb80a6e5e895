/* What became of the files, and where to go from here. */
import { Button, Group, Stack } from "@mantine/core";
import { IconDatabasePlus, IconPhoto } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Section } from "@/ui/Section";
import { Figures } from "./Figures";
import { IssueTable } from "./IssueTable";
import type { Import } from "./queries";

export function ResultPanel({ one }: { one: Import }) {
  const { t } = useTranslation("imports");
  const mayFreeze = useMay("datasets:write");
  const { result } = one;
  if (!result) return null;
  const search = { site: one.site, ...(one.station ? { station: one.station } : {}) };
  return (
    <Stack gap="md">
      <Section title={t("result.title")}>
        <Stack gap="md">
          <Figures
            figures={[
              { name: t("result.created"), value: result.created },
              { name: t("result.known"), value: result.known },
              { name: t("result.refused"), value: result.refused, bad: true },
              ...(result.templates ? [{ name: t("result.templates"), value: result.templates }] : []),
              ...(result.unlike ? [{ name: t("result.unlike"), value: result.unlike, bad: true }] : []),
              ...(result.unused ? [{ name: t("result.unused"), value: result.unused }] : []),
            ]}
          />
          {result.label_schema !== null && (
            <Figures
              figures={[
                { name: t("result.accepted"), value: result.truths_accepted },
                { name: t("result.unchanged"), value: result.truths_unchanged },
                { name: t("result.truthRefused"), value: result.truths_refused, bad: true },
              ]}
            />
          )}
          <Group>
            <Button
              component={Link}
              to="/images"
              {...({ search } as object)}
              leftSection={<IconPhoto size={20} aria-hidden />}
            >
              {t("result.look")}
            </Button>
            {mayFreeze && result.label_schema !== null && (
              <Button
                component={Link}
                to="/datasets"
                variant="default"
                leftSection={<IconDatabasePlus size={20} aria-hidden />}
              >
                {t("result.dataset")}
              </Button>
            )}
          </Group>
        </Stack>
      </Section>
      {result.issues_total > 0 && (
        <Section title={t("issues.title")}>
          <IssueTable issues={result.issues} total={result.issues_total} />
        </Section>
      )}
    </Stack>
  );
}
