/* A failure told whole: what failed, why, what to do; and a way to try again. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { toProblem } from "@/api/problem";
import { wordsOf } from "./problemWords";

interface Props {
  error: unknown;
  retry?: (() => void) | undefined;
}

export function ProblemAlert({ error, retry }: Props) {
  const { t, i18n } = useTranslation();
  const problem = toProblem(error);
  const words = wordsOf(problem, { language: i18n.language, exists: (key) => i18n.exists(key) });
  const minutes = Math.ceil(Number(problem["retry_after_s"] ?? 0) / 60);
  const title = words.own ? t(`${words.own}.title`) : problem.title;
  const detail = words.detail ? t(words.detail) : problem.detail;
  const remedy = words.own ? t(`${words.own}.remedy`, { minutes }) : problem.remedy;
  const lang = words.own ? undefined : "en";
  return (
    <Alert
      role="alert"
      color="bad"
      variant="light"
      title={<span lang={lang}>{title}</span>}
      icon={<IconAlertTriangle aria-hidden />}
    >
      <Stack gap="xs" align="flex-start">
        {detail && (
          <Text c="var(--p-text)" lang={words.detail ? undefined : "en"}>
            {detail}
          </Text>
        )}
        {remedy && (
          <Text c="var(--p-text)" fw={600} lang={lang}>
            {remedy}
          </Text>
        )}
        {retry && (
          <Button variant="default" onClick={retry}>
            {t("action.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
