/* Where each class of the files leads: to a class of the schema, to a new one, or nowhere. */
import { Autocomplete, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import classes from "./imports.module.css";
import { type Draft, targetsOf } from "./mapping";
import type { Check } from "./queries";

interface Props {
  check: Check;
  draft: Draft;
  known: readonly string[] | undefined;
  schemas: readonly Schemas["LabelSchema"][];
  onChange: (change: Partial<Draft>) => void;
}

const NOWHERE = "\u0000";

/** Return the label schemas, to choose among. */
export function useLabelSchemas(): readonly Schemas["LabelSchema"][] {
  return (
    useQuery({
      queryKey: ["schemas", "list"],
      queryFn: ({ signal }) =>
        body(api.GET("/api/v1/label-schemas", { params: { query: { limit: 1000 } }, signal })),
    }).data?.items ?? []
  );
}

export function ClassMapping({ check, draft, known, schemas, onChange }: Props) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  if (check.problem === null) return null;
  const names = targetsOf(check, known);
  const columns: Column<Check["classes"][number]>[] = [
    { key: "given", title: t("classes.given"), cell: ({ given }) => <b>{given}</b> },
    {
      key: "objects",
      title: t("classes.objects"),
      numeric: true,
      cell: ({ objects }) => format.integer(objects),
    },
    {
      key: "images",
      title: t("classes.images"),
      numeric: true,
      cell: ({ images }) => format.integer(images),
    },
    {
      key: "mapped",
      title: t("classes.mapped"),
      width: "40%",
      cell: ({ given }) => (
        <Select
          aria-label={t("classes.mappedOf", { name: given })}
          searchable={names.length > 8}
          allowDeselect={false}
          data={[
            ...names.map((name) => ({
              value: name,
              label: known && !known.includes(name) ? t("classes.fresh", { name }) : name,
            })),
            { value: NOWHERE, label: t("classes.leaveOut") },
          ]}
          value={draft.classes[given] ?? NOWHERE}
          onChange={(value) =>
            onChange({ classes: { ...draft.classes, [given]: value === NOWHERE ? null : value } })
          }
        />
      ),
    },
  ];
  const fitting = schemas.filter(({ problem }) => problem === check.problem).map(({ slug }) => slug);
  return (
    <Stack gap="md">
      <div className={classes.fields}>
        <Autocomplete
          size="md"
          label={t("classes.schema")}
          description={t(known ? "classes.schemaKnown" : "classes.schemaNew")}
          data={fitting}
          value={draft.labelSchema}
          onChange={(labelSchema) => onChange({ labelSchema })}
        />
        {check.problem === "classification" && !known && (
          <Select
            label={t("classes.good")}
            description={t("classes.goodAbout")}
            data={[...new Set(Object.values(draft.classes).filter((name) => name !== null))]}
            value={draft.goodClass}
            onChange={(goodClass) => onChange({ goodClass })}
          />
        )}
      </div>
      {check.classes.length > 0 ? (
        <DataTable
          rows={check.classes}
          columns={columns}
          rowKey={({ given }) => given}
          caption={t("classes.caption")}
        />
      ) : (
        <Text c="dimmed">{t("classes.none")}</Text>
      )}
    </Stack>
  );
}
