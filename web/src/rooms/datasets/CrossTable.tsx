/* Counts of two things at once, with their sums. */
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";

interface Props {
  title: string;
  /** Title of the column that names the rows. */
  first: string;
  columns: { key: string; title: string }[];
  /** By column, then by row. */
  counts: Record<string, Record<string, number>>;
}

export function CrossTable({ title, first, columns, counts }: Props) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const rows = [...new Set(Object.values(counts).flatMap(Object.keys))].sort();
  const at = (row: string, column: string) => counts[column]?.[row] ?? 0;
  const shown: Column<string>[] = [
    { key: "name", title: first, cell: (row) => (row === "(none)" ? t("card.none") : row) },
    ...columns.map(({ key, title: word }) => ({
      key,
      title: word,
      numeric: true,
      cell: (row: string) => format.integer(at(row, key)),
    })),
    {
      key: "sum",
      title: t("card.sum"),
      numeric: true,
      cell: (row) => <b>{format.integer(columns.reduce((sum, { key }) => sum + at(row, key), 0))}</b>,
    },
  ];
  return (
    <Section title={title}>
      <DataTable rows={rows} columns={shown} rowKey={(row) => row} caption={title} />
    </Section>
  );
}
