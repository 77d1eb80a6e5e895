/* Where a watch stands: its state, how near the alarm it is, what it promises, what it is held against. */
import { Group, Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ModelLink } from "./ModelLink";
import { SignBadge } from "@/ui/Badges";
import { Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { TimeAgo } from "@/ui/TimeAgo";
import classes from "./monitoring.module.css";
import type { WatchContext } from "./queries";
import { useLevel, usePromise, useSaid } from "./useWords";

export function ContextState({ context }: { context: WatchContext }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const tellPromise = usePromise();
  const say = useSaid();
  const { reference, promise, behind = 0 } = context;
  return (
    <section className="surface" aria-label={t("state.title")}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" p={{ base: "md", sm: "lg" }}>
        <Stack gap="sm" align="flex-start">
          <SignBadge value={`watch_${context.state}`} size="xl" />
          {reference ? <Levels context={context} /> : <Collecting context={context} />}
          {context.fleet && <Text>{t("state.fleet")}</Text>}
          <div>
            <Text fz="sm" c="dimmed" fw={600}>
              {t("promise.word")}
            </Text>
            <Text>{promise ? tellPromise(promise) : t("state.noPromise")}</Text>
          </div>
        </Stack>
        <div>
          <Facts
            facts={[
              [
                t("state.version"),
                <ModelLink key="model" id={context.model_version_id} name={context.model} />,
              ],
              reference && [
                t("reference.word"),
                t("reference.told", {
                  count: reference.n_images,
                  shown: format.integer(reference.n_images),
                  since: format.date(reference.since),
                  until: format.date(reference.until),
                }),
              ],
              reference && [t("reference.unit"), t(`reference.unitOf.${reference.unit}`)],
              reference && [t("reference.why"), say(reference.unit_reason_said, reference.unit_reason)],
              [t("state.images"), format.integer(context.n_images)],
              behind > 0 && [t("state.behind"), format.integer(behind)],
              [t("state.last"), <TimeAgo key="last" at={context.last_image_at} />],
            ]}
          />
        </div>
      </SimpleGrid>
    </section>
  );
}

function Levels({ context }: { context: WatchContext }) {
  const { t } = useTranslation("monitoring");
  const tell = useLevel();
  const levels = [
    ["growing", context.level],
    ["anchored", context.anchored_level],
  ] as const;
  return (
    <Stack gap={6} className={classes.wide}>
      <Text fz="sm" c="dimmed" fw={600}>
        {t("state.level")}
      </Text>
      {levels.map(([name, level]) => (
        <div
          key={name}
          role="img"
          aria-label={`${t(`state.${name}`)}: ${t("state.levelTold", { level: tell(level) })}`}
        >
          <Group justify="space-between" gap="xs">
            <Text span fz="sm">
              {t(`state.${name}`)}
            </Text>
            <Text span fz="sm" className="tabular">
              {tell(level)}
            </Text>
          </Group>
          <span className={classes.bar} data-alarm={level >= 1}>
            <span style={{ width: `${Math.min(1, Math.max(0, level)) * 100}%` }} />
          </span>
        </div>
      ))}
    </Stack>
  );
}

function Collecting({ context }: { context: WatchContext }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const say = useSaid();
  const { n_images: have, n_needed: need } = context;
  const told = t("state.collecting", { count: have, have: format.integer(have), need: format.integer(need) });
  return (
    <Stack gap={6} className={classes.wide}>
      <Text>{told}</Text>
      <Progress
        value={need ? Math.min(100, (have / need) * 100) : 0}
        aria-label={told}
        color="info"
        size="lg"
      />
      {context.why_collecting && (
        <Text fz="sm" c="dimmed">
          {say(context.why_collecting_said, context.why_collecting)}
        </Text>
      )}
    </Stack>
  );
}
