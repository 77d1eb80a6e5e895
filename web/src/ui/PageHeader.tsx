/* Title of a page, where it hangs, and what can be done on it. Sets the tab's title too. */
import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";

interface Props {
  title: string;
  about?: ReactNode;
  trail?: { to: string; label: string }[];
  children?: ReactNode;
}

export function PageHeader({ title, about, trail = [], children }: Props) {
  useEffect(() => {
    document.title = `${title} · Perenne`;
  }, [title]);
  return (
    <Stack gap={6} mb="lg">
      {trail.length > 0 && (
        <Breadcrumbs separatorMargin={6}>
          {trail.map(({ to, label }) => (
            <Anchor key={to} component={Link} to={to} fz="sm">
              {label}
            </Anchor>
          ))}
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-end" gap="md">
        <Stack gap={2} flex="1 1 280px">
          <Title order={1} fz={{ base: 24, sm: 28 }} style={{ overflowWrap: "anywhere" }}>
            {title}
          </Title>
          {about && (
            <Text c="dimmed" component="div" maw={820}>
              {about}
            </Text>
          )}
        </Stack>
        {children && <Group gap="sm">{children}</Group>}
      </Group>
    </Stack>
  );
}
