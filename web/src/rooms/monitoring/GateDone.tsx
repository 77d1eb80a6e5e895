/* What a gate did lately: shares refused and flagged with their intervals, and mostly why. */
import { SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { type GateWindow, sumReasons } from "./gate";
import { useReason } from "./useWords";

const TOLD = 3;

export function GateDone({ windows }: { windows: GateWindow[] }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl" w="100%">
      {windows.map((window) => (
        <Window key={window.days} window={window} />
      ))}
    </SimpleGrid>
  );
}

function Window({ window }: { window: GateWindow }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const tell = useReason();
  const shares = [
    ["refused", window.refused_share],
    ["flagged", window.flagged_share],
  ] as const;
  const reasons = sumReasons([...window.refused_reasons, ...window.flagged_reasons])
    .slice(0, TOLD)
    .map(({ code, words, n }) => t("gate.counted", { reason: tell(code, words), n: format.integer(n) }));
  return (
    <Stack gap={2}>
      <Text fw={600}>{t("gate.window", { days: window.days })}</Text>
      {shares.map(
        ([kind, share]) =>
          share && (
            <Text key={kind} className="tabular">
              {t(`gate.${kind}Share`, {
                share: format.percent(share.value, 1),
                low: format.percent(share.low, 1),
                high: format.percent(share.high, 1),
              })}
            </Text>
          ),
      )}
      <Text fz="sm" c="dimmed">
        {window.n_images ? t("gate.ofImages", { shown: format.integer(window.n_images) }) : t("gate.none")}
      </Text>
      {reasons.length > 0 && <Text fz="sm">{t("gate.mostly", { reasons: reasons.join("; ") })}</Text>}
    </Stack>
  );
}
