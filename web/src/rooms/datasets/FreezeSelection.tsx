/* Which images may enter a version. */
import { Checkbox, Group, MultiSelect, Stack, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import type { Rules } from "./freezing";
import { useSites } from "./useSites";

interface Props {
  rules: Rules;
  onChange: (some: Partial<Rules>) => void;
}

export function FreezeSelection({ rules, onChange }: Props) {
  const { t } = useTranslation("datasets");
  const sites = useSites();
  return (
    <Section title={t("freeze.selection")} about={t("freeze.selectionAbout")}>
      <Stack>
        <MultiSelect
          size="md"
          label={t("freeze.sites")}
          placeholder={rules.sites.length ? undefined : t("freeze.allSites")}
          data={sites}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("freeze.allSites") }}
          value={rules.sites}
          onChange={(chosen) => onChange({ sites: chosen })}
        />
        <Group gap="sm" grow preventGrowOverflow={false}>
          <TextInput
            type="date"
            label={t("freeze.since")}
            value={rules.since}
            onChange={(event) => onChange({ since: event.currentTarget.value })}
          />
          <TextInput
            type="date"
            label={t("freeze.until")}
            value={rules.until}
            onChange={(event) => onChange({ until: event.currentTarget.value })}
          />
        </Group>
        <Checkbox
          size="md"
          label={t("freeze.requireTruth")}
          description={t("freeze.requireTruthAbout")}
          checked={rules.requireTruth}
          onChange={(event) => onChange({ requireTruth: event.currentTarget.checked })}
        />
        <Checkbox
          size="md"
          label={t("freeze.includeUnlike")}
          description={t("freeze.includeUnlikeAbout")}
          checked={rules.includeUnlike}
          onChange={(event) => onChange({ includeUnlike: event.currentTarget.checked })}
        />
      </Stack>
    </Section>
  );
}
