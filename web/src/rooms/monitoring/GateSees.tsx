/* Which faults a station's gate can tell, and which not: tried at its calibration on its own good images. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { type GatePower, sortPower } from "./gate";

const DEGREES = ["no", "partly", "yes"] as const;

export function GateSees({ power }: { power: GatePower[] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  if (!power.length) return null;
  const tell = ({ code, words, refused }: GatePower) =>
    t("gate.faultTold", {
      fault: t(`gate.fault.${code}`, { defaultValue: words }),
      share: format.percent(refused.value, 0),
      low: format.percent(refused.low, 0),
      high: format.percent(refused.high, 0),
    });
  const sorted = sortPower(power);
  const facts = DEGREES.map((seen): Fact | null => {
    const those = sorted.filter((one) => one.seen === seen);
    return those.length ? [t(`gate.sees.${seen}`), those.map(tell).join("; ")] : null;
  });
  const n = Math.min(...power.map(({ n_images }) => n_images));
  return (
    <>
      <Facts facts={facts} />
      <Text fz="sm" c="dimmed">
        {t("gate.seesHow", { count: n, shown: format.integer(n) })}
      </Text>
    </>
  );
}
