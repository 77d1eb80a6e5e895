/* Where the image comes from, and what is stored. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { CopyText } from "@/ui/CopyText";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { type Image, imageQuery } from "./useImage";

export function CaptureFacts({ image }: { image: Image }) {
  const { t } = useTranslation("images");
  const format = useFormat();
  const { data: template } = useQuery({
    ...imageQuery(image.reference_image_id ?? ""),
    enabled: image.reference_image_id !== null,
  });
  const fact = (name: string, value: Fact[1]): Fact | null =>
    value === null || value === undefined || value === "" ? null : [t(`fact.${name}`), value];
  const extra = Object.entries(image.extra).map(([name, value]): Fact => [name, String(value)]);
  const search = { site: image.site, group: image.group_key ?? "" };
  return (
    <Section title={t("context.title")}>
      <Facts
        facts={[
          fact("site", <Link to={`/sites/${image.site}` as string}>{image.site}</Link>),
          fact("line", image.line),
          fact("station", image.station),
          fact("product", image.product),
          fact("kind", t(`choice.kind.${image.kind}`)),
          fact("captured", image.captured_at && format.dateTime(image.captured_at)),
          fact("camera", image.camera),
          fact("part", image.part_id),
          fact("batch", image.batch_id),
          fact(
            "group",
            image.group_key && (
              <Link to={"/images" as string} search={search as never}>
                {image.group_key}
              </Link>
            ),
          ),
          fact("external", image.external_id),
          fact(
            "template",
            image.reference_image_id && (
              <Link to={`/images/${image.reference_image_id}` as string}>
                {template?.file_name ?? t("fact.templateOpen")}
              </Link>
            ),
          ),
          ...extra,
        ]}
      />
    </Section>
  );
}

export function FileFacts({ image }: { image: Image }) {
  const { t } = useTranslation("images");
  const format = useFormat();
  return (
    <Section title={t("file.title")}>
      <Facts
        facts={[
          image.file_name ? [t("file.name"), image.file_name] : null,
          [t("file.size"), t("file.pixels", { width: image.width, height: image.height })],
          [t("file.format"), `${image.format.toUpperCase()}, ${format.bytes(image.bytes)}`],
          [t("file.received"), format.dateTime(image.received_at)],
          ["SHA-256", <CopyText key="hash" text={image.sha256} />],
          [t("file.id"), <CopyText key="id" text={image.id} />],
        ]}
      />
    </Section>
  );
}
