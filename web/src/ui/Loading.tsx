/* A quiet sign that something is on its way. */
import { Skeleton, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function Loading({ rows = 5 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" role="status" aria-label={t("loading")} aria-busy>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={row ? 44 : 28} width={row ? "100%" : "30%"} radius="md" />
      ))}
    </Stack>
  );
}
