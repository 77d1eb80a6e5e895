/* Which signals moved: their share of the evidence as a bar, how far with its interval, over how many images. */
import { Button, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import classes from "./monitoring.module.css";
import type { Effect } from "./queries";
import { useChannelName } from "./useWords";

const FIRST = 8;
const percent = (share: number) => `${Math.min(1, Math.max(0, share)) * 100}%`;

export function Effects({ effects }: { effects: Effect[] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const nameOf = useChannelName();
  const [all, setAll] = useState(false);
  const sorted = effects.toSorted(
    (a, b) => b.share - a.share || Math.abs(b.auc - 0.5) - Math.abs(a.auc - 0.5),
  );
  const rows = all ? sorted : sorted.slice(0, FIRST);
  const hidden = sorted.length - rows.length;
  const columns: Column<Effect>[] = [
    {
      key: "channel",
      title: t("effects.channel"),
      cell: (one) => (
        <Stack gap={0}>
          <span>{nameOf(one.channel)}</span>
          <Text span fz="sm" c="dimmed">
            {t(`group.${one.group}`)}
          </Text>
        </Stack>
      ),
    },
    {
      key: "share",
      title: t("effects.share"),
      width: 170,
      cell: ({ share }) => (
        <div>
          <span className="tabular">{format.percent(share)}</span>
          <span className={classes.bar} aria-hidden>
            <span style={{ width: percent(share) }} />
          </span>
        </div>
      ),
    },
    { key: "auc", title: t("effects.auc"), width: 230, cell: (one) => <Auc effect={one} /> },
    {
      key: "shift",
      title: t("effects.shift"),
      numeric: true,
      cell: ({ shift }) => t("effects.shiftTold", { shift: signed(format.number(shift, 2), shift) }),
    },
    {
      key: "n",
      title: t("effects.n"),
      numeric: true,
      cell: ({ n_window, n_reference }) => `${format.integer(n_window)} / ${format.integer(n_reference)}`,
    },
  ];
  if (effects.length === 0) return <Text c="dimmed">{t("effects.none")}</Text>;
  return (
    <Stack gap="xs">
      <Title order={3} fz="md">
        {t("effects.title")}
      </Title>
      <Text fz="sm" c="dimmed">
        {t("effects.about")}
      </Text>
      <DataTable
        rows={rows}
        columns={columns}
        rowKey={({ channel }) => channel}
        caption={t("effects.title")}
      />
      {hidden > 0 && (
        <Button variant="default" onClick={() => setAll(true)} style={{ alignSelf: "flex-start" }}>
          {t("effects.all", { count: hidden })}
        </Button>
      )}
    </Stack>
  );
}

const signed = (told: string, value: number) => (value > 0 ? `+${told}` : told);

function Auc({ effect: { auc, auc_low, auc_high } }: { effect: Effect }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const [value, low, high] = [auc, auc_low, auc_high].map((one) => format.number(one, 2));
  const clear = auc_low > 0.5 || auc_high < 0.5;
  return (
    <div role="img" aria-label={t("effects.aucTold", { value, low, high })}>
      <span className="tabular">
        <strong>{value}</strong> {t("number.range", { low, high })}
      </span>
      <span className={classes.auc} data-clear={clear}>
        <span className={classes.aucRange} style={{ left: percent(auc_low), right: percent(1 - auc_high) }} />
        <span className={classes.aucPoint} style={{ left: percent(auc) }} />
      </span>
    </div>
  );
}
