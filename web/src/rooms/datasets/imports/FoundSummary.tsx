/* What was dropped, in figures, before anything is sent. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { Found } from "./scan";

export function FoundSummary({ found }: { found: Found }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const count = found.usable.length + found.archives.length;
  const left = Object.entries(found.passedOver);
  return (
    <div role="status">
      <Text fw={600}>
        {t("found.files", { count, number: format.integer(count), bytes: format.bytes(found.bytes) })}
      </Text>
      {left.length > 0 && (
        <Text c="dimmed" fz="sm">
          {t("found.left", {
            what: left.map(([ending, number]) => `${format.integer(number)} ${ending}`).join(", "),
          })}
        </Text>
      )}
    </div>
  );
}
