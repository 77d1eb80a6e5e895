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
  const { t } = useTranslation();
  const problem = toProblem(error);
  const known = problem.title !== "";
  const title = known ? problem.title : t(`problem.${problem.code}.title`);
  const detail = problem.detail ?? (known ? undefined : t(`problem.${problem.code}.detail`));
  const remedy = problem.remedy ?? (known ? undefined : t(`problem.${problem.code}.remedy`));
  const lang = known ? "en" : undefined; // what the hub says, it says in English
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
