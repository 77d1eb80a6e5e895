/* A span of a stream beside its reference: asked for by a person, told with its size; it alarms nobody. */
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Answer } from "@/ui/Answer";
import { Section } from "@/ui/Section";
import type { WatchContext } from "./queries";
import { type Compared, WindowComparisonResult } from "./WindowComparisonResult";

interface Span {
  since: string;
  until: string;
}

const moment = (given: string) => new Date(given).toISOString();

const windowQuery = (context: string, { since, until }: Span) => ({
  queryKey: ["monitoring", "window", context, since, until],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await body(
      api.GET("/api/v1/monitoring/contexts/{context}/window", {
        params: {
          path: { context },
          query: { since: moment(since), ...(until ? { until: moment(until) } : {}) },
        },
        signal,
      }),
    )) as Compared,
});

export function WindowComparison({ context }: { context: WatchContext }) {
  const { t } = useTranslation("monitoring");
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [asked, setAsked] = useState<Span | null>(null);
  return (
    <Section title={t("window.title")} about={t("window.about")}>
      <Stack>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setAsked({ since, until });
          }}
        >
          <Group align="flex-end">
            <TextInput
              type="datetime-local"
              label={t("window.since")}
              value={since}
              onChange={(event) => setSince(event.currentTarget.value)}
              required
            />
            <TextInput
              type="datetime-local"
              label={t("window.until")}
              description={t("window.untilAbout")}
              value={until}
              onChange={(event) => setUntil(event.currentTarget.value)}
            />
            <Button
              type="submit"
              variant="default"
              disabled={!since}
              leftSection={<IconArrowsDiff size={18} aria-hidden />}
            >
              {t("window.compare")}
            </Button>
          </Group>
        </form>
        {asked ? <Asked context={context.id} span={asked} /> : <Text c="dimmed">{t("window.notAsked")}</Text>}
      </Stack>
    </Section>
  );
}

function Asked({ context, span }: { context: string; span: Span }) {
  const found = useQuery(windowQuery(context, span));
  return (
    <Answer query={found} rows={4}>
      {(compared) => <WindowComparisonResult found={compared} />}
    </Answer>
  );
}
