/* How the images are divided into train, validation and test: always by whole groups. */
import {
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import type { Rules } from "./freezing";
import { useSites } from "./useSites";

interface Props {
  rules: Rules;
  onChange: (some: Partial<Rules>) => void;
}

const WAYS: Rules["by"][] = ["group", "site", "time"];

export function FreezeSplit({ rules, onChange }: Props) {
  const { t } = useTranslation("datasets");
  return (
    <Section title={t("freeze.split")} about={t("freeze.splitAbout")}>
      <Stack>
        <SegmentedControl
          aria-label={t("freeze.split")}
          data={WAYS.map((by) => ({ value: by, label: t(`rule.${by}.short`) }))}
          value={rules.by}
          onChange={(by) => onChange({ by: by as Rules["by"] })}
        />
        <Text fz="sm" c="dimmed">
          {t(`rule.${rules.by}.about`)}
        </Text>
        {rules.by === "site" && <SiteChoices rules={rules} onChange={onChange} />}
        {rules.by === "time" && (
          <Group gap="sm" grow preventGrowOverflow={false}>
            <TextInput
              type="date"
              required
              label={t("freeze.testAfter")}
              value={rules.testAfter}
              onChange={(event) => onChange({ testAfter: event.currentTarget.value })}
            />
            <TextInput
              type="date"
              label={t("freeze.valAfter")}
              max={rules.testAfter || undefined}
              value={rules.valAfter}
              onChange={(event) => onChange({ valAfter: event.currentTarget.value })}
            />
          </Group>
        )}
        <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="sm">
          <Percent label={t("freeze.val")} value={rules.val} onChange={(val) => onChange({ val })} />
          {rules.by === "group" && (
            <Percent label={t("freeze.test")} value={rules.test} onChange={(test) => onChange({ test })} />
          )}
          <NumberInput
            label={t("freeze.seed")}
            min={0}
            allowDecimal={false}
            value={rules.seed}
            onChange={(seed) => onChange({ seed: Number(seed) || 0 })}
          />
        </SimpleGrid>
        {(["join", "nearDuplicates", "keepPrevious"] as const).map((name) => (
          <Checkbox
            key={name}
            size="md"
            label={t(`freeze.${name}`)}
            description={t(`freeze.${name}About`)}
            checked={rules[name]}
            onChange={(event) => onChange({ [name]: event.currentTarget.checked })}
          />
        ))}
      </Stack>
    </Section>
  );
}

function SiteChoices({ rules, onChange }: Props) {
  const { t } = useTranslation("datasets");
  const sites = useSites();
  const free = (taken: string[]) => sites.filter((site) => !taken.includes(site.value));
  return (
    <Group gap="sm" grow preventGrowOverflow={false} align="flex-start">
      <MultiSelect
        size="md"
        label={t("freeze.testSites")}
        required={!rules.valSites.length}
        data={free(rules.valSites)}
        value={rules.testSites}
        onChange={(testSites) => onChange({ testSites })}
      />
      <MultiSelect
        size="md"
        label={t("freeze.valSites")}
        data={free(rules.testSites)}
        value={rules.valSites}
        onChange={(valSites) => onChange({ valSites })}
      />
    </Group>
  );
}

interface PercentProps {
  label: string;
  value: number;
  onChange: (value: number) => void;
}

function Percent({ label, value, onChange }: PercentProps) {
  return (
    <NumberInput
      label={label}
      min={0}
      max={90}
      suffix=" %"
      value={value}
      onChange={(given) => onChange(Number(given) || 0)}
    />
  );
}
