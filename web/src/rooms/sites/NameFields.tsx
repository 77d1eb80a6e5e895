/* A name, and the short name that follows it until somebody writes another. */
import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { slugOf } from "./slug";

export interface Named {
  name: string;
  slug: string;
}

interface Props {
  value: Named;
  example: string;
  onChange: (value: Named) => void;
}

export function NameFields({ value, example, onChange }: Props) {
  const { t } = useTranslation("sites");
  const follows = value.slug === slugOf(value.name);
  return (
    <>
      <TextInput
        label={t("add.name")}
        placeholder={example}
        value={value.name}
        onChange={(event) => {
          const name = event.currentTarget.value;
          onChange({ name, slug: follows ? slugOf(name) : value.slug });
        }}
        maxLength={200}
        required
        data-autofocus
      />
      <TextInput
        label={t("add.slug")}
        description={t("add.slugAbout")}
        value={value.slug}
        onChange={(event) => onChange({ ...value, slug: event.currentTarget.value })}
        pattern="[a-z0-9]+(-[a-z0-9]+)*"
        maxLength={80}
        required
      />
    </>
  );
}
