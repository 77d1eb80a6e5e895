/* The person's menu: account, language, theme, sign out. */
import { Button, Menu, Modal, Text, useMantineColorScheme } from "@mantine/core";
import {
  IconCheck,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { chooseLanguage, LANGUAGES, type Language } from "./i18n";
import { useSession, useSignOut } from "./session";

const SCHEMES = [
  { value: "auto", icon: IconDeviceDesktop },
  { value: "light", icon: IconSun },
  { value: "dark", icon: IconMoon },
] as const;

export function PersonMenu() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choose = (language: Language) => {
    chooseLanguage(language);
    void api.PATCH("/api/v1/session", { body: { locale: language } }).catch(() => undefined);
  };
  return (
    <>
      <Menu width={260} position="bottom-end" transitionProps={{ duration: 0 }}>
        <Menu.Target>
          <Button
            variant="subtle"
            px="xs"
            leftSection={<IconUserCircle size={22} aria-hidden />}
            aria-label={t("person.menu", { name: session.name })}
          >
            <Text span truncate maw={140} visibleFrom="sm">
              {session.name}
            </Text>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            {session.organisation_name} · {t(`role.${session.role}`, { defaultValue: session.role })}
          </Menu.Label>
          <Menu.Item component={Link} to="/account" leftSection={<IconUserCircle size={18} aria-hidden />}>
            {t("person.account")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>{t("person.language")}</Menu.Label>
          {LANGUAGES.map((language) => (
            <Menu.Item
              key={language}
              lang={language}
              onClick={() => choose(language)}
              leftSection={<IconCheck size={18} aria-hidden opacity={i18n.language === language ? 1 : 0} />}
              aria-current={i18n.language === language}
            >
              {t(`language.${language}`)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Label>{t("person.theme")}</Menu.Label>
          {SCHEMES.map(({ value, icon: Icon }) => (
            <Menu.Item
              key={value}
              onClick={() => setColorScheme(value)}
              leftSection={<Icon size={18} aria-hidden />}
              rightSection={colorScheme === value ? <IconCheck size={18} aria-hidden /> : null}
              aria-current={colorScheme === value}
            >
              {t(`theme.${value}`)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => signOut.mutate()} leftSection={<IconLogout size={18} aria-hidden />}>
            {t("person.signOut")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={signOut.isError}
        onClose={signOut.reset}
        title={t("person.stillSignedIn")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <ProblemAlert error={signOut.error} retry={() => signOut.mutate()} />
      </Modal>
    </>
  );
}
