/* Every incident that a person may see: open ones first; by state and site, kept in the address. */
import { Button, Group, SegmentedControl, Select, Stack, Text, Title } from "@mantine/core";
import { IconEye, IconSearchOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { useFormat } from "@/ui/format";
import { MoreButton } from "@/ui/MoreButton";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { IncidentsTable } from "./IncidentsTable";
import { INCIDENT_STATES, type IncidentState, useIncidents, watchedSitesQuery } from "./queries";

type Listed = ReturnType<typeof useIncidents>;

export function IncidentsPage() {
  const { t } = useTranslation("monitoring");
  const [{ state: given = "", site = "" }, change] = useSearchValues();
  const state = INCIDENT_STATES.find((one) => one === given);
  const shown = state ? [state] : INCIDENT_STATES;
  const lists: Record<IncidentState, Listed> = {
    open: useIncidents("open", site, shown.includes("open")),
    acknowledged: useIncidents("acknowledged", site, shown.includes("acknowledged")),
    closed: useIncidents("closed", site, shown.includes("closed")),
  };
  const empty = shown.every((one) => lists[one].data?.length === 0);
  const clear = () => change({ state: undefined, site: undefined });
  return (
    <>
      <PageHeader title={t("list.title")} about={t("list.about")} />
      <Stack gap="lg">
        <IncidentFilters state={state ?? ""} site={site} onChange={change} />
        {!empty && shown.map((one) => <Listing key={one} state={one} query={lists[one]} />)}
        {empty &&
          (state || site ? (
            <EmptyState icon={IconSearchOff} title={t("list.unfit.title")} text={t("list.unfit.text")}>
              <Button variant="default" onClick={clear}>
                {t("list.unfit.clear")}
              </Button>
            </EmptyState>
          ) : (
            <NoIncident />
          ))}
      </Stack>
    </>
  );
}

function Listing({ state, query }: { state: IncidentState; query: Listed }) {
  const { t } = useTranslation("monitoring");
  if (query.data?.length === 0) return null;
  const word = t(`ui:sign.incident_${state}`);
  return (
    <Stack gap="xs" component="section" aria-label={word}>
      <Title order={2} fz="h4">
        {word}
      </Title>
      <Answer query={query} rows={3}>
        {(rows) => (
          <>
            <IncidentsTable rows={rows} caption={t("list.caption", { state: word })} />
            <MoreButton query={query} />
          </>
        )}
      </Answer>
    </Stack>
  );
}

interface FilterProps {
  state: string;
  site: string;
  onChange: (change: { state?: string; site?: string }) => void;
}

function IncidentFilters({ state, site, onChange }: FilterProps) {
  const { t } = useTranslation("monitoring");
  const sites = useQuery(watchedSitesQuery).data ?? [];
  const states = ["", ...INCIDENT_STATES].map((value) => ({
    value,
    label: value ? t(`ui:sign.incident_${value}`) : t("filter.all"),
  }));
  return (
    <Group gap="sm">
      <SegmentedControl
        aria-label={t("filter.state")}
        data={states}
        value={state}
        onChange={(value) => onChange({ state: value })}
      />
      <Select
        aria-label={t("filter.site")}
        placeholder={t("filter.anySite")}
        data={sites.map((one) => ({ value: one.site, label: one.name }))}
        value={site || null}
        onChange={(value) => onChange({ site: value ?? "" })}
        searchable={sites.length > 8}
        clearable
        clearButtonProps={{ "aria-label": t("filter.anySite") }}
        w={{ base: "100%", xs: 260 }}
      />
    </Group>
  );
}

function NoIncident() {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const sites = useQuery(watchedSitesQuery).data;
  const count = (sites ?? []).reduce((sum, one) => sum + one.contexts, 0);
  return (
    <EmptyState icon={IconEye} title={t("list.none.title")} text={t("list.none.text")}>
      <Text c="dimmed" maw={520}>
        {t("list.none.promise")}
      </Text>
      {sites && (
        <Text fw={600} maw={520}>
          {count ? t("list.none.watched", { count, shown: format.integer(count) }) : t("list.none.notYet")}
        </Text>
      )}
    </EmptyState>
  );
}
