/* A failure told whole: what failed, why, what to do; and a way to try again. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { toProblem } from "@/api/problem";

interface Props {
  error: unknown;
  retry?: (() => void) | undefined;
}

export function ProblemAlert({ error, retry }: Props) {
  const { t, i18n } = useTranslation();
  const problem = toProblem(error);
  // What the hub says, it says in English, with names and times in it: elsewhere what is refused while watching is
  // told in the person's language; what people meet at the door always is.
  const watching = i18n.language !== "en" && i18n.exists(`watching.${problem.code}.title`);
  const key = `${watching ? "watching" : "problem"}.${problem.code}`;
  const told = problem.title !== "" && !i18n.exists(`${key}.title`);
  const lang = told ? "en" : undefined;
  const minutes = Math.ceil(Number(problem["retry_after_s"] ?? 0) / 60);
  const title = told ? problem.title : t(`${key}.title`);
  const detail = told || problem.code === "unexpected" ? problem.detail : t(`${key}.detail`);
  const remedy = told ? problem.remedy : t(`${key}.remedy`, { minutes });
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
          <Text c="var(--p-text)" lang={lang}>
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
