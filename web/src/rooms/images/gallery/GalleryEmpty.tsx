/* No image: because none came yet, or because the filters find none. */
import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconFilterOff, IconPhotoPlus, IconPhotoSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/ui/EmptyState";

export function GalleryEmpty({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { t } = useTranslation("images");
  if (filtered) {
    return (
      <EmptyState icon={IconPhotoSearch} title={t("empty.filtered.title")} text={t("empty.filtered.text")}>
        <Button leftSection={<IconFilterOff size={20} aria-hidden />} onClick={onClear}>
          {t("filter.clearAll")}
        </Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={IconPhotoPlus} title={t("empty.none.title")} text={t("empty.none.text")}>
      <Group justify="center">
        <Button component={Link} to="/imports">
          {t("empty.none.import")}
        </Button>
      </Group>
      <Stack gap={6} align="center" mt="md">
        <Text c="dimmed">{t("empty.none.command")}</Text>
        <Code>perenne images push DIR --site lyon --station s1</Code>
        <Text c="dimmed" mt="xs">
          {t("empty.none.camera")}
        </Text>
        <Code>POST /api/v1/sites/lyon/stations/s1/inspect</Code>
      </Stack>
    </EmptyState>
  );
}
