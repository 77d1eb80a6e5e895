/* The monthly reports of a site: each month as a page and as a PDF, in the person's language. */
import { Anchor, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { Section } from "@/ui/Section";
import { type ReportMonth, reportsQuery } from "./reports";

const FORMATS = ["html", "pdf"] as const;

export function SiteReports({ site }: { site: string }) {
  const { t, i18n } = useTranslation("sites");
  const reports = useQuery(reportsQuery(site));
  const language = i18n.language.startsWith("fr") ? "fr" : "en";
  const name = (month: string) =>
    new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(
      new Date(`${month}-01T00:00:00Z`),
    );
  const columns: Column<ReportMonth>[] = [
    {
      key: "month",
      title: t("reports.month"),
      cell: ({ month, finished }) => (
        <>
          {name(month)}{" "}
          {!finished && (
            <Text span c="dimmed" size="sm">
              {t("reports.running")}
            </Text>
          )}
        </>
      ),
    },
    {
      key: "open",
      title: t("reports.open"),
      cell: ({ month }) => (
        <Group gap="md">
          {FORMATS.map((format) => (
            <Anchor
              key={format}
              href={`/api/v1/sites/${encodeURIComponent(site)}/reports/${month}?format=${format}&language=${language}`}
              target="_blank"
              rel="noreferrer"
              aria-label={t("reports.named", { month: name(month), format: format.toUpperCase() })}
            >
              {format.toUpperCase()}
            </Anchor>
          ))}
        </Group>
      ),
    },
  ];
  return (
    <Section title={t("reports.title")} about={t("reports.about")}>
      <Answer query={reports} rows={2}>
        {(months) =>
          months.length > 0 ? (
            <DataTable
              caption={t("reports.title")}
              columns={columns}
              rows={months}
              rowKey={({ month }) => month}
            />
          ) : (
            <Text c="dimmed">{t("reports.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}
