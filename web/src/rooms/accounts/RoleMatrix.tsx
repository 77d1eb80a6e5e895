/* Every role against every permission, as the hub enforces it. */
import { Table, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Answer } from "@/ui/Answer";
import classes from "./RoleMatrix.module.css";

export function RoleMatrix() {
  const { t } = useTranslation("accounts");
  const roles = useQuery({
    queryKey: ["users", "roles"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/roles", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Answer query={roles}>
      {(matrix) => (
        <div className={`surface ${classes.frame}`} tabIndex={0} aria-label={t("people.roles")} role="region">
          <Table stickyHeader verticalSpacing={6} horizontalSpacing={6} aria-label={t("people.roles")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("roles.permission")}</Table.Th>
                {matrix.roles.map((role) => (
                  <Table.Th key={role.name} scope="col" fz="xs" ta="center">
                    {t(`ui:role.${role.name}`, { defaultValue: role.name })}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {Object.entries(matrix.permissions).map(([name, about]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={400} miw={220}>
                    <Text fz="sm">{t(`permission.${name.replace(":", "_")}`, { defaultValue: about })}</Text>
                  </Table.Th>
                  {matrix.roles.map((role) => (
                    <Table.Td key={role.name} ta="center">
                      {role.permissions.includes(name) ? (
                        <IconCheck size={18} aria-label={t("roles.may")} color="var(--p-good)" />
                      ) : (
                        <span aria-label={t("roles.mayNot")}>·</span>
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Answer>
  );
}
