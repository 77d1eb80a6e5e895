/* A part of a page on its own surface, under its heading. Not a landmark: tables inside are, by their own name. */
import { Box, Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  about?: ReactNode;
  /** What can be done, at the right of the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, about, actions, children }: Props) {
  return (
    <Box component="section" className="surface" p={{ base: "md", sm: "lg" }} miw={0}>
      <Group justify="space-between" align="flex-start" gap="sm" mb="sm">
        <Box flex="1 1 240px">
          <Title order={2} fz="h4">
            {title}
          </Title>
          {about && (
            <Text c="dimmed" fz="sm" component="div">
              {about}
            </Text>
          )}
        </Box>
        {actions}
      </Group>
      {children}
    </Box>
  );
}
