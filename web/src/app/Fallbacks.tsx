/* What stands where a page cannot. */
import { Box, Button } from "@mantine/core";
import { IconError404 } from "@tabler/icons-react";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { PageHeader } from "@/ui/PageHeader";
import { ProblemAlert } from "@/ui/ProblemAlert";

export function PageMissing() {
  const { t } = useTranslation();
  return (
    <Box component="main" p="lg">
      <PageHeader title={t("missing.title")} about={t("missing.text")} />
      <IconError404 size={72} stroke={1.2} aria-hidden color="var(--p-muted)" />
      <div>
        <Button component={Link} to="/sites">
          {t("missing.home")}
        </Button>
      </div>
    </Box>
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
