/* The users of the organisation: added, given a role and sites, disabled; never deleted, so that the record of
   what they did keeps its names. */
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { polling } from "@/api/polling";
import { useMay, useSession } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { ConfirmDestroy } from "@/ui/ConfirmDestroy";
import { type Column, DataTable } from "@/ui/DataTable";
import { useSites } from "./sites";
import { UserForm } from "./UserForm";

export type User = Schemas["User"];

export function Users() {
  const { t } = useTranslation("accounts");
  const queries = useQueryClient();
  const [edited, setEdited] = useState<User | "new">();
  const [doomed, setDoomed] = useState<User>();
  const mayWrite = useMay("users:write");
  const users = useQuery({
    queryKey: ["users", "list"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/users", { params: { query: { limit: 1000 } }, signal })),
    ...polling(),
  });
  const change = useMutation({
    mutationFn: ({ id, disabled }: { id: string; disabled: boolean }) =>
      body(
        api.PATCH("/api/v1/users/{user_id}", {
          params: { path: { user_id: id } },
          body: { disabled, all_sites: false },
        }),
      ),
    onSuccess: async () => {
      setDoomed(undefined);
      await queries.invalidateQueries({ queryKey: ["users"] });
    },
  });
  const columns = useUserColumns({
    mayWrite,
    onEdit: setEdited,
    onToggle: (user) => (user.disabled ? change.mutate({ id: user.id, disabled: false }) : setDoomed(user)),
  });
  return (
    <Stack>
      {mayWrite && (
        <Group justify="flex-end">
          <Button leftSection={<IconUserPlus size={18} aria-hidden />} onClick={() => setEdited("new")}>
            {t("users.add")}
          </Button>
        </Group>
      )}
      <Answer query={users}>
        {({ items }) => (
          <DataTable rows={items} columns={columns} rowKey={(user) => user.id} caption={t("people.users")} />
        )}
      </Answer>
      {edited && (
        <UserForm
          key={edited === "new" ? "new" : edited.id}
          user={edited === "new" ? null : edited}
          onClose={() => setEdited(undefined)}
        />
      )}
      <ConfirmDestroy
        opened={doomed !== undefined}
        title={t("users.disableTitle", { name: doomed?.name })}
        what={t("users.disableWhat", { name: doomed?.name, email: doomed?.email })}
        action={t("users.disable")}
        busy={change.isPending}
        error={change.error}
        onConfirm={() => doomed && change.mutate({ id: doomed.id, disabled: true })}
        onClose={() => setDoomed(undefined)}
      />
    </Stack>
  );
}

interface ColumnOptions {
  mayWrite: boolean;
  onEdit: (user: User) => void;
  onToggle: (user: User) => void;
}

function useUserColumns({ mayWrite, onEdit, onToggle }: ColumnOptions): Column<User>[] {
  const { t } = useTranslation("accounts");
  const { user_id: own } = useSession();
  const sites = useSites();
  const columns: Column<User>[] = [
    {
      key: "name",
      title: t("field.name"),
      cell: (user) => (
        <div>
          <Text fw={600}>{user.name}</Text>
          <Text c="dimmed" fz="sm">
            {user.email}
          </Text>
        </div>
      ),
    },
    {
      key: "role",
      title: t("field.role"),
      cell: (user) => t(`ui:role.${user.role}`, { defaultValue: user.role }),
    },
    {
      key: "sites",
      title: t("field.sites"),
      cell: (user) =>
        user.site_ids === null
          ? t("users.allSites")
          : user.site_ids.map((id) => sites.get(id) ?? id).join(", ") || t("users.noSite"),
    },
    {
      key: "state",
      title: t("users.state"),
      cell: (user) => (
        <Badge color={user.disabled ? "none" : "good"} variant="light" tt="none" miw="max-content">
          {user.disabled ? t("users.disabled") : t("users.enabled")}
        </Badge>
      ),
    },
  ];
  if (!mayWrite) return columns;
  const act = (user: User) => (
    <Group gap={4} justify="flex-end">
      <Button
        variant="subtle"
        onClick={() => onEdit(user)}
        aria-label={t("users.changeTitle", { name: user.name })}
      >
        {t("users.change")}
      </Button>
      {user.id !== own && (
        <Button variant="subtle" color={user.disabled ? "good" : "bad"} onClick={() => onToggle(user)}>
          {user.disabled ? t("users.enable") : t("users.disable")}
        </Button>
      )}
    </Group>
  );
  return [...columns, { key: "act", title: t("tokens.action"), numeric: true, cell: act }];
}
