/* The images of a version, by split and site. */
import { Group, SegmentedControl, Select, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { MoreButton } from "@/ui/MoreButton";
import { Section } from "@/ui/Section";
import { type DatasetVersion, type Split, SPLITS, useItems } from "./queries";
import { Thumbnails } from "./Thumbnails";

export function VersionItems({ version, sites }: { version: DatasetVersion; sites: string[] }) {
  const { t } = useTranslation("datasets");
  const [split, setSplit] = useState<string>("all");
  const [site, setSite] = useState<string | null>(null);
  const items = useItems(version.id, split === "all" ? undefined : (split as Split), site ?? undefined);
  const sealed = version.sealed && !version.opened;
  const filters = (
    <Group gap="sm">
      <SegmentedControl
        aria-label={t("items.split")}
        data={[
          { value: "all", label: t("items.all") },
          ...SPLITS.map((one) => ({ value: one, label: t(`split.${one}.short`) })),
        ]}
        value={split}
        onChange={setSplit}
      />
      <Select
        aria-label={t("items.site")}
        placeholder={t("freeze.allSites")}
        w={180}
        clearable
        clearButtonProps={{ "aria-label": t("freeze.allSites") }}
        data={sites}
        value={site}
        onChange={setSite}
      />
    </Group>
  );
  return (
    <Section title={t("items.title")} about={sealed ? t("items.sealed") : undefined} actions={filters}>
      <Answer query={items}>
        {(rows) =>
          rows.length ? (
            <>
              <Thumbnails
                images={rows.map((item) => ({
                  id: item.image_id,
                  caption: `${item.site} · ${t(`split.${item.split}.short`)}`,
                  about: item.group,
                }))}
              />
              <MoreButton query={items} />
            </>
          ) : (
            <Text c="dimmed">{t("items.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}
