/* Where there is nothing yet: what would stand here, and what to do to get it. */
import { Stack, Text, Title } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface Props {
  icon: Icon;
  title: string;
  text: string;
  children?: ReactNode;
}

export function EmptyState({ icon: Icon, title, text, children }: Props) {
  return (
    <Stack align="center" gap="sm" py={56} px="md" ta="center">
      <Icon size={48} stroke={1.3} aria-hidden color="var(--p-muted)" />
      <Title order={2} fz="h4">
        {title}
      </Title>
      <Text c="dimmed" maw={520}>
        {text}
      </Text>
      {children}
    </Stack>
  );
}
