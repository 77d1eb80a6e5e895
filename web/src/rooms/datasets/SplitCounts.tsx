/* How many images lie in train, val and test, in one line. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { SPLITS } from "./queries";

export function SplitCounts({ splits }: { splits: Record<string, number> }) {
  const { t } = useTranslation("datasets");
  const format = useFormat();
  const parts = SPLITS.map((split) => `${format.integer(splits[split] ?? 0)} ${t(`split.${split}.short`)}`);
  return (
    <Text span fz="sm" c="dimmed" className="tabular">
      {parts.join(" · ")}
    </Text>
  );
}
