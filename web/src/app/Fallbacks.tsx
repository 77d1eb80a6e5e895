/* What stands where a page cannot. */
import { Box, Button } from "@mantine/core";
import { IconError404 } from "@tabler/icons-react";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemAlert } from "@/ui/ProblemAlert";

export function PageMissing() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={IconError404} title={t("missing.title")} text={t("missing.text")}>
      <Button component={Link} to="/sites">
        {t("missing.home")}
      </Button>
    </EmptyState>
  );
}

export function PageFailed({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Box p="lg" maw={760} mx="auto">
      <ProblemAlert error={error} retry={() => void router.invalidate()} />
    </Box>
  );
}
