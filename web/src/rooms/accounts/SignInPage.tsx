/* The door. Owns e-mail and password for as long as the form stands; refuses to say which of the two was wrong. */
import {
  Box,
  Button,
  Group,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, rememberCsrf } from "@/api/client";
import { chooseLanguage, LANGUAGES, type Language } from "@/app/i18n";
import { sessionQuery } from "@/app/session";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { useSearchValues } from "@/ui/params";
import { mayGoUnasked, readInvitation, takeInvitation } from "./invitation";
import { safeNext } from "./next";
import classes from "./SignInPage.module.css";

export function SignInPage() {
  const { t, i18n } = useTranslation("accounts");
  const [search] = useSearchValues();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => {
    document.title = `${t("signIn.title")} · Perenne`;
  }, [t]);
  const [invited, setInvited] = useState(() => readInvitation() !== undefined);
  const signIn = useMutation({
    mutationFn: (secret: string | undefined) =>
      secret
        ? body(api.POST("/api/v1/session/invitation/accept", { body: { secret } }))
        : body(api.POST("/api/v1/session/browser", { body: { email, password } })),
    onError: () => setInvited(false),
    onSuccess: async (session) => {
      rememberCsrf(session.csrf);
      queries.clear();
      queries.setQueryData(sessionQuery.queryKey, session);
      const locale = session.locale?.slice(0, 2);
      if (locale && (LANGUAGES as readonly string[]).includes(locale)) chooseLanguage(locale as Language);
      await navigate({ to: safeNext(search.next) });
    },
  });
  const accept = () => {
    const secret = takeInvitation();
    if (secret) signIn.mutate(secret);
  };
  useEffect(() => {
    if (mayGoUnasked(location.hostname)) accept();
    // Once, when the page opens: the link works a single time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (invited) accept();
    else signIn.mutate(undefined);
  };
  return (
    <main className={classes.page}>
      <Box className={`surface ${classes.card}`}>
        <form onSubmit={submit}>
          <Stack>
            <Group gap="sm" wrap="nowrap">
              <img src="/favicon.svg" alt="" width={40} height={40} />
              <div>
                <Title order={1} fz={26}>
                  Perenne
                </Title>
                <Text c="dimmed" fz="sm">
                  {t("signIn.promise")}
                </Text>
              </div>
            </Group>
            {signIn.error ? <ProblemAlert error={signIn.error} /> : null}
            {invited ? (
              <Text>{t("signIn.invited")}</Text>
            ) : (
              <>
                <TextInput
                  label={t("field.email")}
                  type="email"
                  name="email"
                  autoComplete="username"
                  required
                  autoFocus
                  value={email}
                  onChange={(event) => setEmail(event.currentTarget.value)}
                />
                <PasswordInput
                  label={t("field.password")}
                  name="password"
                  autoComplete="current-password"
                  required
                  value={password}
                  onChange={(event) => setPassword(event.currentTarget.value)}
                  visibilityToggleButtonProps={{ "aria-label": t("field.showPassword") }}
                />
              </>
            )}
            <Button type="submit" size="lg" loading={signIn.isPending} autoFocus={invited}>
              {t("signIn.action")}
            </Button>
            {!invited && (
              <Text c="dimmed" fz="sm">
                {t("signIn.lost")}
              </Text>
            )}
            <SegmentedControl
              aria-label={t("signIn.language")}
              value={i18n.language.slice(0, 2)}
              onChange={(language) => chooseLanguage(language as Language)}
              data={LANGUAGES.map((value) => ({ value, label: t(`ui:language.${value}`) }))}
            />
          </Stack>
        </form>
      </Box>
    </main>
  );
}
