/* The gallery's filters: the usual ones in sight, the others a step away; on a telephone all of them are. */
import { Button, Collapse, Group, Select, TextInput } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconFilterOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./FilterBar.module.css";
import { FILTERS, type Filter, type Filters } from "./filters";
import { type Choice, useClasses, useProducts, useSites, useStations } from "./useChoices";

interface Props {
  filters: Filters;
  onChange: (change: Filters) => void;
}

const USUAL: readonly Filter[] = ["site", "station", "decision", "class", "truth"];
const CLEARED = Object.fromEntries(FILTERS.map((name) => [name, undefined])) as Filters;

export function FilterBar({ filters, onChange }: Props) {
  const { t } = useTranslation("images");
  const wide = useMediaQuery("(min-width: 62em)", true, { getInitialValueInEffect: false });
  const [opened, { toggle }] = useDisclosure(false);
  const set = Object.keys(filters) as Filter[];
  const hidden = set.filter((name) => !wide || !USUAL.includes(name)).length;
  const choices = useAllChoices(filters.site);
  const choose = (name: Filter) => {
    const options = choices[name as keyof typeof choices] ?? [];
    return (
      <Select
        key={name}
        label={t(`filter.${name}`)}
        placeholder={t("filter.any")}
        data={options}
        value={filters[name] ?? null}
        clearable
        searchable={options.length > 8}
        disabled={name === "station" && !filters.site}
        onChange={(value) =>
          onChange({ [name]: value ?? undefined, ...(name === "site" ? { station: undefined } : {}) })
        }
        clearButtonProps={{ "aria-label": t("filter.clear", { name: t(`filter.${name}`) }) }}
      />
    );
  };
  const write = (name: Filter, type: "date" | "number" | "text") => (
    <TextInput
      key={`${name} ${filters[name] ?? ""}`}
      label={t(`filter.${name}`)}
      type={type}
      defaultValue={filters[name] ?? ""}
      {...(type === "number" ? { min: 0, max: 1, step: 0.05, inputMode: "decimal" } : {})}
      onBlur={(event) => onChange({ [name]: event.currentTarget.value.trim() || undefined })}
      onKeyDown={(event) =>
        event.key === "Enter" && onChange({ [name]: event.currentTarget.value.trim() || undefined })
      }
    />
  );
  const usual = <div className={classes.fields}>{USUAL.map(choose)}</div>;
  return (
    <section aria-label={t("filter.title")} className={classes.bar}>
      {wide && usual}
      <Group gap="xs" className={classes.actions}>
        <Button
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={20} aria-hidden />}
          onClick={toggle}
          aria-expanded={opened}
        >
          {hidden ? t("filter.moreSet", { count: hidden }) : t(wide ? "filter.more" : "filter.title")}
        </Button>
        {set.length > 0 && (
          <Button
            variant="subtle"
            leftSection={<IconFilterOff size={20} aria-hidden />}
            onClick={() => onChange(CLEARED)}
          >
            {t("filter.clearAll")}
          </Button>
        )}
      </Group>
      <Collapse expanded={opened} className={classes.more}>
        {!wide && usual}
        <div className={classes.fields}>
          {choose("product")}
          {choose("kind")}
          {write("from", "date")}
          {write("to", "date")}
          {write("min_score", "number")}
          {write("max_score", "number")}
          {write("group", "text")}
        </div>
      </Collapse>
    </section>
  );
}

function useAllChoices(site: string | undefined) {
  const { t } = useTranslation("images");
  const words = (name: string, values: string[]): Choice[] =>
    values.map((value) => ({ value, label: t(`choice.${name}.${value}`) }));
  return {
    site: useSites(),
    station: useStations(site),
    product: useProducts(),
    class: useClasses(),
    decision: ["pass", "fail", "unsure"].map((value) => ({ value, label: t(`ui:sign.${value}`) })),
    truth: words("truth", ["yes", "no"]),
    kind: words("kind", ["capture", "reference"]),
  };
}
