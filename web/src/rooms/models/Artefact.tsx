/* The file that edge boxes and the hub run: its size, its hash, who signed it, and where to get it. */
import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { CopyText } from "@/ui/CopyText";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import type { ModelVersion } from "./queries";

export function Artefact({ model }: { model: ModelVersion }) {
  const { t } = useTranslation("models");
  const format = useFormat();
  const download = (
    <Button
      component="a"
      variant="default"
      href={`/api/v1/models/${model.id}/artefact`}
      download
      leftSection={<IconDownload size={18} aria-hidden />}
    >
      {t("artefact.download", { size: format.bytes(model.artefact_bytes) })}
    </Button>
  );
  return (
    <Section title={t("artefact.title")} about={t("artefact.about")} actions={download}>
      <Facts
        facts={[
          [t("artefact.size"), format.bytes(model.artefact_bytes)],
          [t("artefact.sha256"), <CopyText key="sha" text={model.artefact_sha256} />],
          [t("artefact.signed"), <CopyText key="key" text={model.signed_by} shown={28} />],
          [t("model.created"), `${format.dateTime(model.created_at)} · ${model.created_by}`],
          [t("model.id"), <CopyText key="id" text={model.id} shown={32} />],
        ]}
      />
    </Section>
  );
}
