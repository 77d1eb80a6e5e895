/* A part of a page on its own surface, with a heading that names it. */
import { Box, Group, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

interface Props {
  title: string;
  about?: ReactNode;
  /** What can be done, at the right of the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, about, actions, children }: Props) {
  const id = useId();
  return (
    <Box component="section" className="surface" p={{ base: "md", sm: "lg" }} aria-labelledby={id} miw={0}>
      <Group justify="space-between" align="flex-start" gap="sm" mb="sm">
        <Box flex="1 1 240px">
          <Title order={2} fz="h4" id={id}>
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
