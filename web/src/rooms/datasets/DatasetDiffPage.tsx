/* What changed from one version to another: images added, removed, labelled anew, moved to another split. */
import { SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Answer } from "@/ui/Answer";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { Section } from "@/ui/Section";
import { diffQuery } from "./queries";
import { Thumbnails } from "./Thumbnails";

const KINDS = ["added", "removed", "relabelled", "moved"] as const;
type Diff = Schemas["DatasetDiff"];

export function DatasetDiffPage() {
  const { t } = useTranslation("datasets");
  const diff = useQuery(diffQuery(useParam("version"), useParam("other")));
  return (
    <Answer query={diff}>
      {(found) => (
        <>
          <PageHeader
            title={t("diff.title", { base: found.base, other: found.other })}
            trail={[
              { to: "/datasets", label: t("list.title") },
              { to: `/dataset-versions/${found.base_version_id}`, label: found.base },
              { to: `/dataset-versions/${found.other_version_id}`, label: found.other },
            ]}
            about={t("diff.unchanged", { count: found.unchanged })}
          />
          <Stack>
            <SimpleGrid cols={{ base: 2, md: 4 }}>
              {KINDS.map((kind) => (
                <Count key={kind} kind={kind} diff={found} />
              ))}
            </SimpleGrid>
            {KINDS.filter((kind) => found[kind].count > 0).map((kind) => (
              <Changed key={kind} kind={kind} diff={found} />
            ))}
            {KINDS.every((kind) => found[kind].count === 0) && <Text c="dimmed">{t("diff.same")}</Text>}
          </Stack>
        </>
      )}
    </Answer>
  );
}

type Part = { kind: (typeof KINDS)[number]; diff: Diff };

function Count({ kind, diff }: Part) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  return (
    <div className="surface" style={{ padding: 16 }}>
      <Text c="dimmed">{t(`diff.${kind}.title`)}</Text>
      <Text fz={28} fw={650} className="tabular">
        {format.integer(diff[kind].count)}
      </Text>
    </div>
  );
}

function Changed({ kind, diff }: Part) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const { count, first_image_ids: ids = [] } = diff[kind];
  const moves = kind === "moved" ? Object.entries(diff.moves ?? {}) : [];
  const tellWay = (way: string) => {
    const [from, to] = way.split(" to ").map((split) => t(`split.${split}.long`, { defaultValue: split }));
    return t("diff.way", { from, to });
  };
  const about = ids.length < count ? t("diff.first", { shown: ids.length, count }) : t(`diff.${kind}.about`);
  return (
    <Section title={t(`diff.${kind}.title`)} about={about}>
      <Stack>
        {moves.length > 0 && <Facts facts={moves.map(([way, n]) => [tellWay(way), format.integer(n)])} />}
        <Thumbnails images={ids.map((id) => ({ id }))} />
      </Stack>
    </Section>
  );
}
