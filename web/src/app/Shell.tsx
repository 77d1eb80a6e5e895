/* The frame of every signed-in page: navigation, the person, language, theme, and whether the hub is heard. */
import { AppShell, Burger, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Outlet, useRouteContext, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Loading } from "@/ui/Loading";
import { LiveMark } from "./LiveMark";
import type { AppContext } from "./router";
import { Navigation } from "./Navigation";
import { PersonMenu } from "./PersonMenu";
import classes from "./Shell.module.css";

export function Shell() {
  const { t } = useTranslation();
  const { live } = useRouteContext({ strict: false }) as AppContext;
  const [opened, { toggle, close }] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => live.start(), [live]);
  useEffect(() => close(), [path, close]);
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 232, breakpoint: "md", collapsed: { mobile: !opened } }}
      padding={{ base: "md", sm: "lg" }}
      transitionDuration={0}
    >
      <a href="#content" className="skip-link">
        {t("shell.skip")}
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px="md" gap="xs" wrap="nowrap">
          <Burger
            opened={opened}
            onClick={toggle}
            hiddenFrom="md"
            aria-label={t("shell.menu")}
            aria-expanded={opened}
          />
          <img src="/favicon.svg" alt="" width={30} height={30} />
          <Text fw={700} fz="lg" className={classes.name}>
            Perenne
          </Text>
          <Group ml="auto" gap={4} wrap="nowrap">
            <LiveMark stream={live} />
            <PersonMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} aria-label={t("shell.navigation")}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
    </AppShell>
  );
}
