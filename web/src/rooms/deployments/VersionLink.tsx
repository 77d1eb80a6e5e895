/* A deployed version: its name, and the thresholds that were changed for this place. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { type Deployment, versionName } from "./queries";

export function VersionLink({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation("deployments");
  const format = useFormat();
  const changed = Object.entries(deployment.thresholds ?? {});
  return (
    <div>
      <Anchor component={Link} to={`/models/${deployment.model_version_id}`} fw={600}>
        {versionName(deployment.model_name, deployment.model_number)}
      </Anchor>
      {changed.map(([name, value]) => (
        <Text key={name} fz="sm" c="dimmed">
          {t(`thresholds.name.${name}`, { defaultValue: name })}
          {": "}
          {typeof value === "number" ? format.number(value, 4) : value.join(", ")}
        </Text>
      ))}
    </div>
  );
}
