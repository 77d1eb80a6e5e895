/* A deployed version: its name, and the thresholds that were changed for this place. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { ModelName } from "./ModelName";
import type { Deployment } from "./queries";

export function VersionLink({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation("deployments");
  const format = useFormat();
  const changed = Object.entries(deployment.thresholds ?? {});
  return (
    <div>
      <ModelName
        id={deployment.model_version_id}
        name={deployment.model_name}
        number={deployment.model_number}
        strong
      />
      {changed.map(([name, value]) => (
        <Text key={name} fz="sm" c="dimmed">
          {t("thresholds.said", {
            name: t(`thresholds.name.${name}`, { defaultValue: name }),
            value: typeof value === "number" ? format.number(value, 4) : value.join(", "),
          })}
        </Text>
      ))}
    </div>
  );
}
