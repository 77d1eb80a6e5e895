/* What goes in and what comes out: size, classes, thresholds, calibration. */
import { useTranslation } from "react-i18next";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import type { ModelVersion } from "./queries";

interface Props {
  model: ModelVersion;
  manifest: Record<string, unknown>;
}

export function ModelInput({ model, manifest }: Props) {
  const { t } = useTranslation("models");
  const format = useFormat();
  const input = model.input ?? {};
  const tell = (value: unknown): string => {
    if (typeof value === "number") return format.number(value, 4);
    if (Array.isArray(value)) return value.map(tell).join(", ");
    if (typeof value === "object" && value !== null) {
      return Object.entries(value)
        .map(([name, part]) => `${name} ${tell(part)}`)
        .join(" · ");
    }
    return String(value);
  };
  const named = (group: string, values: Record<string, unknown>): Fact[] =>
    Object.entries(values).map(([name, value]) => [
      t(`${group}.${name}`, { defaultValue: name.replaceAll("_", " ") }),
      typeof value === "string" ? t(`${group}.${value}`, { defaultValue: value }) : tell(value),
    ]);
  const object = (name: string) => (manifest[name] ?? {}) as Record<string, unknown>;
  const size = `${tell(input.width)} × ${tell(input.height)} px`;
  const facts: (Fact | null)[] = [
    [t("input.size"), size],
    [t("input.mode"), t(`input.${String(input.mode)}`, { defaultValue: String(input.mode ?? "–") })],
    [t("input.reference"), t(input.reference ? "input.withReference" : "input.withoutReference")],
    [t("input.classes"), model.classes.join(", ") || "–"],
    ...named("threshold", model.thresholds ?? {}),
    ...named("calibration", object("calibration")),
    ...named("suppression", object("suppression")),
  ];
  return (
    <Section title={t("input.title")}>
      <Facts facts={facts} />
    </Section>
  );
}
