/* What a stream was and is held against; another reference is an act of a person, with a reason. */
import { Alert, Badge, Button, Modal, SimpleGrid, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconAnchor, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { DialogActions } from "@/ui/DialogActions";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import { type Reference, referencesQuery, useReReference, type WatchContext } from "./queries";
import { useSaid } from "./useWords";

const TONES = { asked: "info", current: "good", past: "none", refused: "bad" } as const;

export function References({ context }: { context: WatchContext }) {
  const { t } = useTranslation("monitoring");
  const mayAct = useMay("monitoring:write");
  const references = useQuery(referencesQuery(context.id));
  const [opened, setOpened] = useState(false);
  const [asked, setAsked] = useState(false);
  return (
    <Section
      title={t("reference.title")}
      about={t("reference.about")}
      actions={
        mayAct && (
          <Button
            variant="default"
            leftSection={<IconAnchor size={18} aria-hidden />}
            onClick={() => setOpened(true)}
          >
            {t("reference.change")}
          </Button>
        )
      }
    >
      <Stack>
        {asked && (
          <Alert
            role="status"
            color="good"
            variant="light"
            icon={<IconCircleCheck aria-hidden />}
            title={t("reference.askedTold")}
            withCloseButton
            closeButtonLabel={t("ui:action.close")}
            onClose={() => setAsked(false)}
          />
        )}
        <Answer query={references} rows={2}>
          {(rows) =>
            rows.length ? <ReferenceTable rows={rows} /> : <Text c="dimmed">{t("reference.none")}</Text>
          }
        </Answer>
      </Stack>
      {opened && (
        <ReferenceDialog
          context={context.id}
          onClose={() => setOpened(false)}
          onAsked={() => {
            setOpened(false);
            setAsked(true);
          }}
        />
      )}
    </Section>
  );
}

function ReferenceTable({ rows }: { rows: Reference[] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const say = useSaid();
  const columns: Column<Reference>[] = [
    {
      key: "state",
      title: t("reference.state"),
      cell: ({ state = "current" }) => (
        <Badge color={TONES[state]} variant="light" radius="sm" tt="none" style={{ flexShrink: 0 }}>
          {t(`reference.${state}`)}
        </Badge>
      ),
    },
    {
      key: "images",
      title: t("reference.images"),
      numeric: true,
      cell: ({ n_images }) => format.integer(n_images),
    },
    {
      key: "span",
      title: t("reference.span"),
      cell: ({ since, until }) => `${format.dateTime(since)} – ${format.dateTime(until)}`,
    },
    {
      key: "set",
      title: t("reference.setBy"),
      cell: ({ automatic, set_by, set_at }) => (
        <>
          {automatic ? t("reference.automatic") : set_by}, <TimeAgo at={set_at} />
        </>
      ),
    },
    {
      key: "reason",
      title: t("reference.reason"),
      width: "32%",
      cell: ({ reason, reason_said, state, unit_reason, unit_reason_said }) => (
        <Stack gap={0}>
          <span>{say(reason_said, reason) || "–"}</span>
          {state === "refused" && (
            <Text span fz="sm" c="dimmed">
              {say(unit_reason_said, unit_reason)}
            </Text>
          )}
        </Stack>
      ),
    },
  ];
  return <DataTable rows={rows} columns={columns} rowKey={({ id }) => id} caption={t("reference.history")} />;
}

interface DialogProps {
  context: string;
  onClose: () => void;
  onAsked: () => void;
}

const moment = (given: string) => (given ? new Date(given).toISOString() : null);

function ReferenceDialog({ context, onClose, onAsked }: DialogProps) {
  const { t } = useTranslation("monitoring");
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const ask = useReReference(context);
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t("reference.change")}
      closeButtonProps={{ "aria-label": t("ui:action.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate(
            { since: moment(since), until: moment(until), reason: reason.trim() },
            { onSuccess: onAsked },
          );
        }}
      >
        <Stack>
          <Text>{t("reference.changeAbout")}</Text>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              type="datetime-local"
              label={t("reference.since")}
              description={t("reference.sinceAbout")}
              value={since}
              onChange={(event) => setSince(event.currentTarget.value)}
              data-autofocus
            />
            <TextInput
              type="datetime-local"
              label={t("reference.until")}
              description={t("reference.untilAbout")}
              value={until}
              onChange={(event) => setUntil(event.currentTarget.value)}
            />
          </SimpleGrid>
          <Textarea
            label={t("reference.reason")}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            required
            maxLength={2000}
            autosize
            minRows={2}
          />
          <DialogActions
            action={t("reference.ask")}
            busy={ask.isPending}
            disabled={!reason.trim()}
            error={ask.error}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
