/* The thresholds of a version, changed for one place; what is left alone goes on following the version. */
import { MultiSelect, NumberInput, SimpleGrid, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { ModelVersion } from "./queries";
import { thresholdsOf, type ThresholdKind, type ThresholdValue, type ThresholdValues } from "./thresholds";

interface Props {
  model: ModelVersion;
  values: ThresholdValues;
  onChange: (values: ThresholdValues) => void;
}

export function ThresholdFields({ model, values, onChange }: Props) {
  const { t } = useTranslation("deployments");
  const own = model.thresholds ?? {};
  const change = (name: string, value: ThresholdValue | undefined) => {
    const { [name]: _, ...rest } = values;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  return (
    <>
      <Text fz="sm" c="dimmed">
        {t("thresholds.about")}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {thresholdsOf(model.problem).map(([name, kind]) => (
          <Field
            key={name}
            name={name}
            kind={kind}
            own={own[name]}
            value={values[name]}
            classes={model.classes}
            onChange={(value) => change(name, value)}
          />
        ))}
      </SimpleGrid>
    </>
  );
}

interface FieldProps {
  name: string;
  kind: ThresholdKind;
  own: unknown;
  value: ThresholdValue | undefined;
  classes: string[];
  onChange: (value: ThresholdValue | undefined) => void;
}

function Field({ name, kind, own, value, classes, onChange }: FieldProps) {
  const { t, i18n } = useTranslation("deployments");
  const format = useFormat();
  const told = typeof own === "number" ? format.number(own, 4) : Array.isArray(own) ? own.join(", ") : null;
  const shared = {
    label: t(`thresholds.name.${name}`),
    description: told === null ? t("thresholds.unset") : t("thresholds.own", { value: told }),
  };
  if (kind === "classes")
    return (
      <MultiSelect
        {...shared}
        data={classes}
        value={(value as string[] | undefined) ?? []}
        onChange={(chosen) => onChange(chosen.length ? chosen : undefined)}
        placeholder={Array.isArray(value) && value.length ? "" : (told ?? "")}
        clearable
      />
    );
  return (
    <NumberInput
      {...shared}
      value={(value as number | undefined) ?? ""}
      onChange={(given) => onChange(typeof given === "number" ? given : undefined)}
      placeholder={told ?? ""}
      decimalSeparator={i18n.language === "fr" ? "," : "."}
      step={kind === "score" ? 0.05 : 1}
      {...(kind === "score" ? { min: 0, max: 1 } : {})}
    />
  );
}
