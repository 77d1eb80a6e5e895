/* At which sites claims about one model version stand, for its own page. */
import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { SignBadge } from "@/ui/Badges";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import { standingsQuery } from "./queries";
import { signOf, wordOf } from "./standing";

export function CertifiedAt({ model }: { model: string }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const nameOf = useMetricName();
  const enabled = useMay("performance:read");
  const standings = useQuery({ ...standingsQuery, enabled });
  if (!standings.data) return null;
  const about = standings.data
    .flatMap(({ certificates }) => certificates)
    .filter((one) => one.model?.id === model);
  return (
    <div>
      <Title order={3} fz="md" mb="xs">
        {t("model.title")}
      </Title>
      {about.length === 0 && <Text c="dimmed">{t("model.none")}</Text>}
      <Stack gap={6}>
        {about.map((one) => (
          <Group key={one.id} gap={8}>
            <SignBadge value={signOf(wordOf(one))} size="sm" />
            <Anchor component={Link} to={`/sites/${one.site}/performance`}>
              {one.site}
            </Anchor>
            <Text span fz="sm" c="dimmed">
              {t("certificates.claim", { metric: nameOf(one.metric), limit: format.number(one.at_least, 3) })}
            </Text>
          </Group>
        ))}
      </Stack>
    </div>
  );
}
