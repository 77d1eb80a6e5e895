/* What a comparison found: how far first, the p-value with its size beside it, signals and pictures. */
import { Alert, Stack, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { type Column, DataTable } from "@/ui/DataTable";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { BesidePictures } from "./BesidePictures";
import classes from "./monitoring.module.css";
import { useChannelName, useSaid } from "./useWords";

export type Compared = Schemas["WindowComparison"];
type Difference = Schemas["ChannelDifference"];
type Side = Schemas["WindowSide"];

const FIRST = 8;

export function WindowComparisonResult({ found }: { found: Compared }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const say = useSaid();
  const tellSide = (side: Side) =>
    t("window.side", {
      images: format.integer(side.n_images),
      all: format.integer(side.n_in_span),
      units: format.integer(side.n_units),
      unit: t(`reference.unitOf.${found.unit ?? "image"}`),
    });
  const { discrepancy: mmd, told_apart: apart } = found;
  const facts: (Fact | null)[] = [
    [t("window.word"), tellSide(found.window)],
    found.other ? [t("window.other"), tellSide(found.other)] : null,
    apart
      ? [
          t("window.apart"),
          t("window.apartTold", {
            value: format.number(apart.auc, 2),
            low: format.number(apart.auc_low, 2),
            high: format.number(apart.auc_high, 2),
          }),
        ]
      : null,
    mmd
      ? [
          t("window.distance"),
          t("window.distanceTold", {
            value: format.number(mmd.mmd, 3),
            low: format.number(mmd.usual_low, 3),
            high: format.number(mmd.usual_high, 3),
          }),
        ]
      : null,
    mmd
      ? [
          t("window.p"),
          t("window.pTold", {
            value: format.number(mmd.p_value, 3),
            permutations: format.integer(mmd.n_permutations),
          }),
        ]
      : null,
  ];
  return (
    <Stack>
      {found.state === "too_few" && (
        <Alert variant="light" color="info" icon={<IconInfoCircle aria-hidden />} title={t("window.tooFew")}>
          <Text>{t("window.needed", { units: found.needed_units })}</Text>
          <Text fz="sm">{say(found.why_said, found.why)}</Text>
        </Alert>
      )}
      <div className={classes.wide}>
        <Facts facts={facts} />
      </div>
      {found.state === "compared" && (
        <>
          <Text c="dimmed">{t("window.caution", { most: format.integer(found.most_images) })}</Text>
          <Differences effects={found.effects ?? []} />
          <BesidePictures
            sides={[
              { name: t("window.typical"), ids: found.typical_images ?? [] },
              { name: t("window.unlike"), ids: found.other_images ?? [] },
            ]}
          />
        </>
      )}
    </Stack>
  );
}

function Differences({ effects }: { effects: Difference[] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const nameOf = useChannelName();
  const columns: Column<Difference>[] = [
    { key: "channel", title: t("effects.channel"), cell: ({ channel }) => nameOf(channel) },
    {
      key: "auc",
      title: t("effects.auc"),
      cell: ({ auc, auc_low, auc_high }) => (
        <span className="tabular">
          <strong>{format.number(auc, 2)}</strong>{" "}
          {t("number.range", { low: format.number(auc_low, 2), high: format.number(auc_high, 2) })}
        </span>
      ),
    },
    {
      key: "shift",
      title: t("effects.shift"),
      numeric: true,
      cell: ({ shift }) => (shift == null ? "–" : t("effects.shiftTold", { shift: format.number(shift, 2) })),
    },
    {
      key: "n",
      title: t("window.n"),
      numeric: true,
      cell: ({ n_window, n_reference }) => `${format.integer(n_window)} / ${format.integer(n_reference)}`,
    },
  ];
  return (
    <DataTable
      rows={effects.slice(0, FIRST)}
      columns={columns}
      rowKey={({ channel }) => channel}
      caption={t("window.differs", { first: FIRST, count: effects.length })}
    />
  );
}
