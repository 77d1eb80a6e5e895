/* After a failure: the files are still there, so try again. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { type Import, useImportAct } from "./queries";

export function RetryButtons({ one }: { one: Import }) {
  const { t } = useTranslation("imports");
  const act = useImportAct(one.id);
  return (
    <Stack gap="sm">
      <Text>{t("failed.kept", { count: one.files })}</Text>
      {act.error && <ProblemAlert error={act.error} />}
      <Group>
        <Button loading={act.isPending} onClick={() => act.mutate({ act: "check" })}>
          {t("check.again")}
        </Button>
      </Group>
    </Stack>
  );
}
