/* One's own account: name, password, tokens for scripts and cameras. */
import { Button, Group, PasswordInput, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { rememberCsrf } from "@/api/client";
import { sessionQuery, useSession } from "@/app/session";
import { PageHeader } from "@/ui/PageHeader";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { Tokens } from "./Tokens";

const SHORTEST_PASSWORD = 12;

function useChangeSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: Schemas["SessionChange"]) => body(api.PATCH("/api/v1/session", { body: change })),
    onSuccess: (session) => {
      rememberCsrf(session.csrf);
      queries.setQueryData(sessionQuery.queryKey, session);
    },
  });
}

function NameForm() {
  const { t } = useTranslation("accounts");
  const session = useSession();
  const [name, setName] = useState(session.name);
  const change = useChangeSession();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ name });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label={t("field.email")} value={session.email} readOnly />
        <TextInput
          label={t("field.name")}
          value={name}
          required
          onChange={(e) => setName(e.currentTarget.value)}
        />
        {change.error ? <ProblemAlert error={change.error} /> : null}
        <Group>
          <Button type="submit" loading={change.isPending} disabled={name === session.name}>
            {t("ui:action.save")}
          </Button>
          {change.isSuccess && <Text role="status">{t("account.saved")}</Text>}
        </Group>
      </Stack>
    </form>
  );
}

function PasswordForm() {
  const { t } = useTranslation("accounts");
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const change = useChangeSession();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { password: { current, new: fresh } },
      {
        onSuccess: () => {
          setCurrent("");
          setFresh("");
        },
      },
    );
  };
  const toggle = { "aria-label": t("field.showPassword") };
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label={t("field.currentPassword")}
          autoComplete="current-password"
          required
          value={current}
          onChange={(e) => setCurrent(e.currentTarget.value)}
          visibilityToggleButtonProps={toggle}
        />
        <PasswordInput
          label={t("field.newPassword")}
          description={t("field.passwordRule", { count: SHORTEST_PASSWORD })}
          autoComplete="new-password"
          required
          minLength={SHORTEST_PASSWORD}
          value={fresh}
          onChange={(e) => setFresh(e.currentTarget.value)}
          visibilityToggleButtonProps={toggle}
        />
        {change.error ? <ProblemAlert error={change.error} /> : null}
        <Group>
          <Button type="submit" loading={change.isPending}>
            {t("account.changePassword")}
          </Button>
          {change.isSuccess && <Text role="status">{t("account.passwordChanged")}</Text>}
        </Group>
      </Stack>
    </form>
  );
}

export function AccountPage() {
  const { t } = useTranslation("accounts");
  const session = useSession();
  const role = t(`ui:role.${session.role}`, { defaultValue: session.role });
  return (
    <>
      <PageHeader title={t("account.title")} about={`${role} · ${session.organisation_name}`} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" mb="xl">
        <Stack className="surface" p="lg">
          <Title order={2} fz="h4">
            {t("account.who")}
          </Title>
          <NameForm />
        </Stack>
        <Stack className="surface" p="lg">
          <Title order={2} fz="h4">
            {t("account.password")}
          </Title>
          <PasswordForm />
        </Stack>
      </SimpleGrid>
      <Tokens />
    </>
  );
}
