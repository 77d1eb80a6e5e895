/* Where the model loses most: parts of the evaluated images by their share of errors beyond their share of
   images, with intervals that hold for all of them at once. */
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import type { Schemas } from "@/api/client";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { type Evaluation, errorSlicesQuery } from "./queries";

type ErrorSlice = Schemas["ErrorSlice"];
const SHOWN = 12;

export function ErrorSlices({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const enabled = useMay("performance:read");
  const report = useQuery({ ...errorSlicesQuery(evaluation.model_version_id), enabled });
  if (!enabled) return null;
  const ofThis = report.data === undefined || report.data.evaluation_id === evaluation.id;
  const about = report.data
    ? t(ofThis ? "losing.about" : "losing.aboutNewer", { count: report.data.n_tested })
    : undefined;
  const between = (low: number, high: number) =>
    t("losing.between", { low: format.percent(low), high: format.percent(high) });
  const columns: Column<ErrorSlice>[] = [
    { key: "name", title: t("losing.slice"), cell: (one) => <Name slice={one} /> },
    {
      key: "lost",
      title: t("losing.lost"),
      numeric: true,
      cell: (one) => (
        <Figure value={format.percent(one.lost)} interval={between(one.lost_low, one.lost_high)} />
      ),
    },
    {
      key: "rate",
      title: t("losing.rate"),
      numeric: true,
      cell: (one) => (
        <Figure
          value={`${format.number(one.value ?? 0, 3)} / ${format.number(one.elsewhere ?? 0, 3)}`}
          interval={t("losing.between", {
            low: format.number(one.low ?? 0, 3),
            high: format.number(one.high ?? 0, 3),
          })}
        />
      ),
    },
    {
      key: "images",
      title: t("slice.imagesWord"),
      numeric: true,
      cell: (one) => format.integer(one.n_images),
    },
  ];
  return (
    <Section title={t("losing.title")} about={about}>
      <Answer query={report} rows={4}>
        {({ slices, why_not: whyNot }) => {
          const shown = slices.filter((one) => one.lost_low > 0).slice(0, SHOWN);
          if (shown.length)
            return (
              <DataTable
                rows={shown}
                columns={columns}
                rowKey={(one) => one.key}
                caption={t("losing.title")}
              />
            );
          return <Text c="dimmed">{t(whyNot ? "losing.tooFew" : "losing.none")}</Text>;
        }}
      </Answer>
    </Section>
  );
}

function Figure({ value, interval }: { value: string; interval: string }) {
  return (
    <>
      <Text span fw={600} display="block">
        {value}
      </Text>
      <Text span fz="sm" c="dimmed">
        {interval}
      </Text>
    </>
  );
}

function Name({ slice }: { slice: ErrorSlice }) {
  const { t } = useTranslation("evaluation");
  const place = slice.kind === "object_position";
  const name = place ? t(`losing.place.${slice.key.split("=")[1]}`) : slice.key.split("=").slice(1).join("=");
  const of = slice.key.split("=")[0]?.split(":")[1];
  return (
    <>
      <Text span fz="sm" c="dimmed" display="block">
        {t(`losing.kind.${slice.kind}`)}
        {of && ` · ${of.replaceAll("_", " ")}`}
      </Text>
      <Text span fw={600}>
        {name}
      </Text>
    </>
  );
}
