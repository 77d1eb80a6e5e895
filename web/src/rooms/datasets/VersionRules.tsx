/* By which rules a version was frozen, and the hashes that name its content. */
import { Anchor, SimpleGrid } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CopyText } from "@/ui/CopyText";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import type { DatasetVersion } from "./queries";

export function VersionRules({ version }: { version: DatasetVersion }) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const { selection, split } = version;
  const day = (at: string | null | undefined) => (at ? format.dateTime(at) : null);
  const list = (names: string[] | undefined) => (names?.length ? names.join(", ") : null);
  const fact = (name: string, value: string | null | undefined): Fact | null =>
    value ? [name, value] : null;
  const placed = split.assign;
  const assigned = [placed?.train_groups, placed?.val_groups, placed?.test_groups].map(
    (names) => names?.length ?? 0,
  );
  const rules = [
    fact(t("version.splitBy"), t(`rule.${split.by}.about`)),
    fact(t("freeze.testSites"), list(split.test_sites)),
    fact(t("freeze.valSites"), list(split.val_sites)),
    fact(t("freeze.testAfter"), day(split.test_after)),
    fact(t("freeze.valAfter"), day(split.val_after)),
    fact(t("freeze.val"), format.percent(split.val)),
    split.by === "group" ? fact(t("freeze.test"), format.percent(split.test)) : null,
    fact(t("freeze.seed"), String(split.seed)),
    assigned.some(Boolean)
      ? fact(
          t("rule.assigned"),
          t("rule.assignedCounts", { train: assigned[0], val: assigned[1], test: assigned[2] }),
        )
      : null,
    fact(t("rule.nearDuplicates"), t(`rule.near.${split.near_duplicates}`)),
    fact(t("rule.conflicts"), t(`rule.conflict.${split.conflicts}`)),
    fact(t("freeze.sites"), list(selection.sites) ?? t("freeze.allSites")),
    fact(t("freeze.since"), day(selection.since)),
    fact(t("freeze.until"), day(selection.until)),
    fact(t("rule.unlike"), t(selection.include_unlike ? "rule.unlikeTaken" : "rule.unlikeLeft")),
  ];
  const identity: Fact[] = [
    [t("version.manifest"), <CopyText key="all" text={version.manifest_sha256} />],
    [t("version.trainingManifest"), <CopyText key="train" text={version.training_manifest_sha256} />],
    [t("version.frozen"), format.dateTime(version.frozen_at)],
    [t("version.id"), <CopyText key="id" text={version.id} shown={32} />],
    [
      t("version.download"),
      <Anchor
        key="get"
        href={`/api/v1/dataset-versions/${version.id}/manifest?training=${hidden(version)}`}
        download
      >
        {t(hidden(version) ? "version.downloadTraining" : "version.downloadAll")}
      </Anchor>,
    ],
  ];
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Section title={t("version.rules")}>
        <Facts facts={rules} />
      </Section>
      <Section title={t("version.identity")} about={t("version.identityAbout")}>
        <Facts facts={identity} />
      </Section>
    </SimpleGrid>
  );
}

function hidden(version: DatasetVersion): boolean {
  return version.sealed && !version.opened;
}
