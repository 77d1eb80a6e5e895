/* Everything that was looked at to name a cause, with its numbers; and how well each cause fits. */
import { Badge, Group, Stack, Text, Title } from "@mantine/core";
import { IconMinus, IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import classes from "./monitoring.module.css";
import type { Finding } from "./queries";
import { useChannelName } from "./useWords";
import { readPairs, type Told, tellNumbers } from "./words";

type Line = Schemas["EvidenceLine"];

export function Evidence({ finding }: { finding: Finding }) {
  const { t } = useTranslation("monitoring");
  const columns: Column<Line>[] = [
    {
      key: "what",
      title: t("evidence.what"),
      cell: ({ code }) => t(`fact.${code.split(".")[0]}`, { defaultValue: code }),
    },
    {
      key: "found",
      title: t("evidence.found"),
      width: "34%",
      cell: (line) => <Found line={line} />,
    },
    { key: "numbers", title: t("evidence.numbers"), width: "30%", cell: (line) => <Numbers line={line} /> },
    { key: "supports", title: t("evidence.supports"), cell: (line) => <Speaks supports={line.supports} /> },
  ];
  return (
    <Section title={t("evidence.title")} about={t("evidence.about")}>
      <Stack gap="lg">
        {finding.evidence.length ? (
          <DataTable
            rows={finding.evidence}
            columns={columns}
            rowKey={({ code }) => code}
            caption={t("evidence.title")}
          />
        ) : (
          <Text c="dimmed">{t("evidence.none")}</Text>
        )}
        <Ranked finding={finding} />
      </Stack>
    </Section>
  );
}

function Found({ line }: { line: Line }) {
  const { t } = useTranslation("monitoring");
  const nameOf = useChannelName();
  return (
    <Stack gap={0}>
      <span>{t(`found.${line.code}`, { defaultValue: line.found })}</span>
      {line.code === "fingerprint.new" && (
        <Text span fz="sm" c="dimmed">
          {readPairs(line.found)
            .map(([field, value]) => t("found.named", { name: nameOf(`fingerprint.${field}`), value }))
            .join(", ")}
        </Text>
      )}
    </Stack>
  );
}

function Numbers({ line }: { line: Line }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const nameOf = useChannelName();
  const tell = (value: number, kind: Told["kind"]) =>
    kind === "share"
      ? format.percent(value, 1)
      : kind === "count"
        ? format.integer(value)
        : format.number(value, 3);
  const told = tellNumbers(line.code, line.numbers ?? {});
  if (told.length === 0) return <>–</>;
  return (
    <dl className={classes.numbers}>
      {told.map(({ name, kind, value, low, high, channel }) => (
        <div key={name}>
          <dt>{channel ? nameOf(name) : t(`number.${name}`, { defaultValue: name })}</dt>
          <dd className="tabular">
            {low === undefined || high === undefined
              ? tell(value, kind)
              : t("number.interval", {
                  value: tell(value, kind),
                  low: tell(low, kind),
                  high: tell(high, kind),
                })}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Speaks({ supports }: { supports: boolean | null | undefined }) {
  const { t } = useTranslation("monitoring");
  const [word, colour, Icon] =
    supports === true
      ? (["for", "good", IconThumbUp] as const)
      : supports === false
        ? (["against", "warn", IconThumbDown] as const)
        : (["neither", "none", IconMinus] as const);
  return (
    <Badge
      color={colour}
      variant="light"
      radius="sm"
      tt="none"
      fw={600}
      leftSection={<Icon size={16} aria-hidden />}
      style={{ flexShrink: 0, minWidth: "max-content" }}
    >
      {t(`evidence.${word}`)}
    </Badge>
  );
}

function Ranked({ finding }: { finding: Finding }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  return (
    <Stack gap={6}>
      <Title order={3} fz="md">
        {t("ranked.title")}
      </Title>
      <Text fz="sm" c="dimmed">
        {t("ranked.about")}
      </Text>
      <ol className={classes.ranked}>
        {finding.ranked.map(([cause = "", weight = 0]) => (
          <li key={cause} data-named={cause === finding.cause}>
            <Group gap="sm" wrap="nowrap" justify="space-between">
              <span>{t(`cause.${cause}`, { defaultValue: cause })}</span>
              <span className="tabular">{format.number(weight, 2)}</span>
            </Group>
            <span className={classes.bar} aria-hidden>
              <span style={{ width: `${Math.min(1, weight) * 100}%` }} />
            </span>
          </li>
        ))}
      </ol>
    </Stack>
  );
}
