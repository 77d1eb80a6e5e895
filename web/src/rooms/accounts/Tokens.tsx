/* Tokens for scripts, cameras and trainers: made, told once, revoked. */
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";
import { Answer } from "@/ui/Answer";
import { ConfirmDestroy } from "@/ui/ConfirmDestroy";
import { type Column, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { useFormat } from "@/ui/format";
import { TimeAgo } from "@/ui/TimeAgo";
import { NewToken } from "./NewToken";

type Token = Schemas["Token"];

export function Tokens() {
  const { t } = useTranslation("accounts");
  const queries = useQueryClient();
  const [opened, dialog] = useDisclosure(false);
  const [doomed, setDoomed] = useState<Token>();
  const tokens = useQuery({
    queryKey: ["users", "tokens"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/tokens", { params: { query: { limit: 200 } }, signal })),
    ...polling(),
  });
  const revoke = useMutation({
    mutationFn: (id: string) =>
      body(api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: id } } })),
    onSuccess: async () => {
      setDoomed(undefined);
      await queries.invalidateQueries({ queryKey: ["users", "tokens"] });
    },
  });
  const columns = useTokenColumns(setDoomed);
  return (
    <Stack>
      <Group justify="space-between">
        <div>
          <Title order={2} fz="h3">
            {t("tokens.title")}
          </Title>
          <Text c="dimmed">{t("tokens.about")}</Text>
        </div>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={dialog.open}>
          {t("tokens.add")}
        </Button>
      </Group>
      <Answer query={tokens}>
        {({ items }) =>
          items.length ? (
            <DataTable
              rows={items}
              columns={columns}
              rowKey={(token) => token.id}
              caption={t("tokens.title")}
            />
          ) : (
            <EmptyState icon={IconKey} title={t("tokens.none")} text={t("tokens.noneText")} />
          )
        }
      </Answer>
      <NewToken opened={opened} onClose={dialog.close} />
      <ConfirmDestroy
        opened={doomed !== undefined}
        title={t("tokens.revokeTitle", { name: doomed?.name })}
        what={t("tokens.revokeWhat", { name: doomed?.name })}
        action={t("tokens.revoke")}
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => doomed && revoke.mutate(doomed.id)}
        onClose={() => setDoomed(undefined)}
      />
    </Stack>
  );
}

function useTokenColumns(onRevoke: (token: Token) => void): Column<Token>[] {
  const { t } = useTranslation("accounts");
  const format = useFormat();
  return [
    { key: "name", title: t("field.name"), cell: (token) => <Text fw={600}>{token.name}</Text> },
    {
      key: "role",
      title: t("field.role"),
      cell: (token) => t(`ui:role.${token.role}`, { defaultValue: token.role }),
    },
    { key: "used", title: t("tokens.lastUsed"), cell: (token) => <TimeAgo at={token.last_used_at} /> },
    {
      key: "expires",
      title: t("tokens.expires"),
      cell: (token) => (token.revoked_at ? t("tokens.revoked") : format.date(token.expires_at)),
    },
    {
      key: "act",
      title: t("tokens.action"),
      cell: (token) =>
        token.revoked_at ? null : (
          <Button
            variant="subtle"
            color="bad"
            onClick={() => onRevoke(token)}
            aria-label={t("tokens.revokeTitle", { name: token.name })}
          >
            {t("tokens.revoke")}
          </Button>
        ),
    },
  ];
}
