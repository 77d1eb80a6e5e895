/* Which sites are shown: by verdict, by name; kept in the address. */
import { Chip, Group, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { countVerdicts, type SiteOverview, VERDICTS } from "./overview";
import classes from "./SiteFilters.module.css";

interface Props {
  sites: SiteOverview[];
  verdict: string;
  words: string;
  onChange: (change: { verdict?: string; q?: string }) => void;
}

export function SiteFilters({ sites, verdict, words, onChange }: Props) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const counts = countVerdicts(sites);
  const shown = VERDICTS.filter((one) => counts[one] > 0 || one === verdict);
  return (
    <Group gap="sm" align="center">
      <TextInput
        type="search"
        leftSection={<IconSearch size={18} aria-hidden />}
        placeholder={t("filter.search")}
        aria-label={t("filter.search")}
        value={words}
        onChange={(event) => onChange({ q: event.currentTarget.value })}
        w={{ base: "100%", xs: 240 }}
      />
      <Chip.Group value={verdict} onChange={(chosen) => onChange({ verdict: String(chosen) })}>
        <Group gap={6} role="group" aria-label={t("filter.verdict")}>
          <Chip value="" size="md" variant="outline" classNames={{ label: classes.chip }}>
            {t("filter.all", { total: format.integer(sites.length) })}
          </Chip>
          {shown.map((one) => (
            <Chip key={one} value={one} size="md" variant="outline" classNames={{ label: classes.chip }}>
              {t(`ui:sign.${one}`)} {format.integer(counts[one])}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </Group>
  );
}
