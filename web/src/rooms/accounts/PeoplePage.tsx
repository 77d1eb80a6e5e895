/* Who works with this hub: users with their roles and sites, the role matrix, and the record of what was done. */
import { Tabs } from "@mantine/core";
import { IconHistory, IconShieldCheck, IconUsers } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { AuditTrail } from "./AuditTrail";
import { RoleMatrix } from "./RoleMatrix";
import { Users } from "./Users";

export function PeoplePage() {
  const { t } = useTranslation("accounts");
  const [search, setSearch] = useSearchValues();
  const mayAudit = useMay("audit:read");
  return (
    <>
      <PageHeader title={t("people.title")} about={t("people.about")} />
      <Tabs
        keepMounted={false}
        value={search.tab ?? "users"}
        onChange={(tab) => setSearch({ tab: tab === "users" ? undefined : (tab ?? undefined) })}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="users" leftSection={<IconUsers size={18} aria-hidden />}>
            {t("people.users")}
          </Tabs.Tab>
          <Tabs.Tab value="roles" leftSection={<IconShieldCheck size={18} aria-hidden />}>
            {t("people.roles")}
          </Tabs.Tab>
          {mayAudit && (
            <Tabs.Tab value="audit" leftSection={<IconHistory size={18} aria-hidden />}>
              {t("people.audit")}
            </Tabs.Tab>
          )}
        </Tabs.List>
        <Tabs.Panel value="users">
          <Users />
        </Tabs.Panel>
        <Tabs.Panel value="roles">
          <RoleMatrix />
        </Tabs.Panel>
        {mayAudit && (
          <Tabs.Panel value="audit">
            <AuditTrail />
          </Tabs.Panel>
        )}
      </Tabs>
    </>
  );
}
