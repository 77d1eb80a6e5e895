/* Which faults a station's gate can tell, and which not: tried at its calibration on its own good images. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { type GatePower, groupPower } from "./gate";

const DEGREES = ["no", "partly", "yes"] as const;

export function GateSees({ power }: { power: GatePower[] }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  if (!power.length) return null;
  const tell = ([first, ...others]: [GatePower, ...GatePower[]]) =>
    t("gate.faultTold", {
      fault: [first, ...others]
        .map(({ code, words }) => t(`gate.fault.${code}`, { defaultValue: words }))
        .join(", "),
      share: format.percent(first.refused.value, 0),
      low: format.percent(first.refused.low, 0),
      high: format.percent(first.refused.high, 0),
    });
  const facts = DEGREES.map((seen): Fact | null => {
    const those = groupPower(power.filter((one) => one.seen === seen));
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
