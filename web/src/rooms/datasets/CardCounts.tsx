/* The card of a version: images by site and split, by class and split, and what to beware of. */
import { Alert, Group, List, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { CrossTable } from "./CrossTable";
import { type DatasetCard, type DatasetVersion, SPLITS } from "./queries";

export function CardCounts({ card, version }: { card: DatasetCard; version: DatasetVersion }) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const figures: [string, string][] = [
    [t("card.images"), format.integer(card.n_images)],
    [t("card.groups"), format.integer(card.n_groups)],
    ...SPLITS.map((split): [string, string] => [
      t(`split.${split}.long`),
      t("card.inGroups", {
        images: format.integer(card.splits[split] ?? 0),
        groups: format.integer(card.groups_per_split[split] ?? 0),
      }),
    ]),
    [t("card.nearDuplicates"), format.integer(card.n_near_duplicate_pairs)],
  ];
  const splitNames = SPLITS.map((split) => ({ key: split, title: t(`split.${split}.long`) }));
  const warnings = card.warnings ?? [];
  const hasClasses = Object.keys(card.classes_per_split).length > 0 && version.classes.length > 0;
  return (
    <Stack>
      <Section title={t("card.title")} about={version.note || undefined}>
        <Stack>
          <Group component="dl" gap="xl" m={0}>
            {figures.map(([name, value]) => (
              <div key={name}>
                <Text component="dt" fz="sm" c="dimmed">
                  {name}
                </Text>
                <Text component="dd" m={0} fz="xl" fw={650} className="tabular">
                  {value}
                </Text>
              </div>
            ))}
          </Group>
          {card.captured_from && card.captured_to && (
            <Text c="dimmed">
              {t("card.captured", {
                from: format.date(card.captured_from),
                to: format.date(card.captured_to),
              })}
            </Text>
          )}
          {card.values && (
            <Text className="tabular">
              {Object.entries(card.values)
                .map(
                  ([name, value]) =>
                    `${t(`card.value.${name}`, { defaultValue: name })} ${format.number(value, 3)}`,
                )
                .join(" · ")}
            </Text>
          )}
          {warnings.length > 0 && (
            <Alert
              color="warn"
              variant="light"
              icon={<IconAlertTriangle aria-hidden />}
              title={t("card.warnings")}
            >
              <List c="var(--p-text)">
                {warnings.map((warning) => (
                  <List.Item key={warning}>{warning}</List.Item>
                ))}
              </List>
            </Alert>
          )}
        </Stack>
      </Section>
      <SimpleGrid cols={{ base: 1, lg: hasClasses ? 2 : 1 }} style={{ alignItems: "start" }}>
        <CrossTable
          title={t("card.bySite")}
          first={t("card.site")}
          columns={splitNames}
          counts={card.sites_per_split}
        />
        {hasClasses && (
          <CrossTable
            title={t("card.byClass")}
            first={t("card.class")}
            columns={splitNames}
            counts={card.classes_per_split}
          />
        )}
      </SimpleGrid>
      <LeftOut card={card} />
      {hasClasses && (
        <CrossTable
          title={t("card.classBySite")}
          first={t("card.site")}
          columns={version.classes.map((name) => ({ key: name, title: name }))}
          counts={flip(card.classes_per_site)}
        />
      )}
    </Stack>
  );
}

/** Images that were left out, by reason; the hub words the reasons in English. */
function LeftOut({ card }: { card: DatasetCard }) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const count = card.n_left_out_unlike;
  if (count === 0) return null;
  const rows = Object.entries(card.left_out_unlike ?? {}).sort((a, b) => b[1] - a[1]);
  return (
    <Section
      title={t("card.unlike.title")}
      about={t("card.unlike.about", { count, shown: format.integer(count) })}
    >
      <DataTable
        rows={rows}
        columns={[
          {
            key: "reason",
            title: t("card.unlike.reason"),
            cell: ([words]) => <span lang="en">{words}</span>,
          },
          {
            key: "count",
            title: t("card.unlike.count"),
            numeric: true,
            cell: ([, images]) => format.integer(images),
          },
        ]}
        rowKey={([words]) => words}
        caption={t("card.unlike.title")}
      />
    </Section>
  );
}

/** Return counts with rows and columns exchanged: {site: {class: n}} becomes {class: {site: n}}. */
function flip(counts: Record<string, Record<string, number>>): Record<string, Record<string, number>> {
  const flipped: Record<string, Record<string, number>> = {};
  for (const [outer, inner] of Object.entries(counts)) {
    for (const [name, count] of Object.entries(inner)) (flipped[name] ??= {})[outer] = count;
  }
  return flipped;
}
