/* Slices of one kind in a table: verdict, figure with interval, how many images. The verdict says
   why, and what is missing. */
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import type { Slice } from "./queries";
import { SliceFigure } from "./SliceFigure";

interface Props {
  slices: Slice[];
  metric: string;
  caption: string;
  /** Title of the column that names the slices. */
  first: string;
  name?: (slice: Slice) => ReactNode;
}

export function SliceTable({ slices, metric, caption, first, name = (slice) => slice.name }: Props) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const nameOf = useMetricName();
  const verdict: Column<Slice> = {
    key: "verdict",
    title: t("evaluation.verdict"),
    cell: (slice) => <Verdict slice={slice} />,
  };
  const columns: Column<Slice>[] = [
    { key: "name", title: first, cell: name },
    ...(slices.every((slice) => slice.verdict === "not_judged") ? [] : [verdict]),
    {
      key: "figure",
      title: nameOf(metric),
      width: "34%",
      cell: (slice) => <SliceFigure slice={slice} metric={metric} />,
    },
    {
      key: "images",
      title: t("slice.imagesWord"),
      numeric: true,
      cell: (slice) => format.integer(slice.n_images),
    },
    {
      key: "groups",
      title: t("slice.groupsWord"),
      numeric: true,
      cell: (slice) => format.integer(slice.n_groups),
    },
  ];
  return (
    <DataTable rows={slices} columns={columns} rowKey={(slice) => slice.kind + slice.key} caption={caption} />
  );
}

function Verdict({ slice }: { slice: Slice }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  return (
    <Stack gap={2} fz="sm" align="flex-start">
      <SignBadge value={slice.verdict} />
      <Text span inherit>
        {t(`reason.${slice.verdict}`)}
      </Text>
      {slice.more_images != null && (
        <Text span inherit c="dimmed">
          {t("slice.more", { number: format.integer(slice.more_images) })}
        </Text>
      )}
    </Stack>
  );
}
