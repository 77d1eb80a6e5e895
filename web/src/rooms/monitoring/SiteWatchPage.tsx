/* The watch at a site: one stream at a time (station, product, version), its state, its signals over time, its
   reference. Stream and span stand in the address. */
import { Button, Group, SegmentedControl, Select, Space, Stack } from "@mantine/core";
import { IconAlertTriangle, IconEye } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { siteQuery } from "@/rooms/sites/queries";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { PageHeader } from "@/ui/PageHeader";
import { useParam, useSearchValues } from "@/ui/params";
import { ContextState } from "./ContextState";
import { GoldenParts } from "./GoldenParts";
import { mostUrgent, placeOf } from "./places";
import { contextsQuery, historyQuery, type WatchContext } from "./queries";
import { References } from "./References";
import { TimeLines } from "./TimeLines";
import { type SpanName, SPANS } from "./timeline";
import { WindowComparison } from "./WindowComparison";

const NAMES = Object.keys(SPANS) as SpanName[];

export function SiteWatchPage() {
  const { t } = useTranslation("monitoring");
  const slug = useParam("site");
  const name = useQuery(siteQuery(slug)).data?.name ?? slug;
  const contexts = useQuery(contextsQuery(slug));
  const [{ context = "", span = "" }, change] = useSearchValues();
  const chosen = contexts.data?.find(({ id }) => id === context) ?? mostUrgent(contexts.data ?? []);
  const spanName = NAMES.find((one) => one === span) ?? "d28";
  return (
    <>
      <PageHeader
        title={t("watch.title", { site: name })}
        about={t("watch.about")}
        trail={[
          { to: "/sites", label: t("watch.trail") },
          { to: `/sites/${slug}`, label: name },
        ]}
      >
        <Button
          component={Link}
          to="/incidents"
          search={{ site: slug } as never}
          variant="default"
          leftSection={<IconAlertTriangle size={18} aria-hidden />}
        >
          {t("watch.incidents")}
        </Button>
      </PageHeader>
      <Answer query={contexts}>
        {(found) =>
          chosen ? (
            <Stack gap="lg">
              <Group gap="md" align="flex-end">
                <ContextSelect
                  contexts={found}
                  value={chosen.id}
                  onChange={(id) => change({ context: id })}
                />
                <SegmentedControl
                  aria-label={t("watch.span")}
                  data={NAMES.map((value) => ({ value, label: t(`watch.${value}`) }))}
                  value={spanName}
                  onChange={(value) => change({ span: value })}
                />
              </Group>
              <ContextState context={chosen} />
              <OverTime key={chosen.id} context={chosen.id} span={spanName} />
              <References key={`references ${chosen.id}`} context={chosen} />
              <WindowComparison key={`window ${chosen.id}`} context={chosen} />
            </Stack>
          ) : (
            <EmptyState icon={IconEye} title={t("watch.none.title")} text={t("watch.none.text")} />
          )
        }
      </Answer>
      <Space h="lg" />
      <GoldenParts site={slug} />
    </>
  );
}

function OverTime({ context, span }: { context: string; span: SpanName }) {
  const history = useQuery({ ...historyQuery(context, SPANS[span]), placeholderData: keepPreviousData });
  return <Answer query={history}>{(found) => <TimeLines history={found} />}</Answer>;
}

interface SelectProps {
  contexts: WatchContext[];
  value: string;
  onChange: (id: string) => void;
}

function ContextSelect({ contexts, value, onChange }: SelectProps) {
  const { t } = useTranslation("monitoring");
  const data = useMemo(
    () =>
      contexts.map((one) => {
        const [, station, product = t("watch.noProduct")] = placeOf(one);
        const state = t(`ui:sign.watch_${one.state}`);
        return { value: one.id, label: `${station} · ${product} · ${one.model ?? "–"} (${state})` };
      }),
    [contexts, t],
  );
  return (
    <Select
      label={t("watch.context")}
      description={t("watch.contextAbout")}
      data={data}
      value={value}
      onChange={(id) => id && onChange(id)}
      allowDeselect={false}
      searchable={contexts.length > 8}
      w={{ base: "100%", sm: 460 }}
    />
  );
}
