/* Why the quality gate refused or flagged the image on the screen: in words that are read from afar. */
import { IconPhotoX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useReason } from "@/rooms/monitoring/useWords";
import type { LiveInspection } from "./live";
import classes from "./VerdictBand.module.css";

export function GateWords({ quality }: { quality: LiveInspection["quality"] }) {
  const { t } = useTranslation("monitoring");
  const tell = useReason();
  if (!quality || (quality.verdict !== "refused" && quality.verdict !== "flagged")) return null;
  const reasons = (quality.reasons ?? []).map(({ code, words }) => tell(code, words)).join("; ");
  return (
    <p className={classes.gate} role="status">
      <IconPhotoX aria-hidden />
      <span>
        {t(`gate.${quality.verdict}`)}
        {reasons && <>: {reasons}</>}
      </span>
    </p>
  );
}
