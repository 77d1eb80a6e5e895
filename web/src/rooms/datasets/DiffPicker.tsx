/* Chooses another version of the same dataset to compare with. */
import { Button, Menu } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type DatasetVersion, useVersions } from "./queries";

export function DiffPicker({ version }: { version: DatasetVersion }) {
  const { t } = useTranslation("datasets");
  const others = (useVersions(version.dataset_id).data ?? []).filter((one) => one.id !== version.id);
  if (!others.length) return null;
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconArrowsDiff size={18} aria-hidden />}>
          {t("diff.open")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
        {others.map((other) => {
          const [from, to] = other.number < version.number ? [other, version] : [version, other];
          return (
            <Menu.Item key={other.id} component={Link} to={`/dataset-versions/${from.id}/diff/${to.id}`}>
              {t("version.numbered", { number: other.number })}
              {other.note && ` · ${other.note}`}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
