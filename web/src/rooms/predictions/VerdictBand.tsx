/* The verdict in letters that are read from three metres: colour, sign and word. */
import { IconCircleCheckFilled, IconCircleXFilled, IconHelpCircleFilled } from "@tabler/icons-react";
import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { useTelling } from "@/problems/useTelling";
import { useFormat } from "@/ui/format";
import { GateWords } from "./GateWords";
import type { LiveInspection } from "./live";
import { countedTarget } from "./target";
import { useNow } from "./useNow";
import classes from "./VerdictBand.module.css";

const SIGNS = {
  pass: IconCircleCheckFilled,
  fail: IconCircleXFilled,
  unsure: IconHelpCircleFilled,
};

interface Props {
  last: LiveInspection;
  /** What is shown may be old: the hub is not heard. */
  old: boolean;
}

export function VerdictBand({ last, old }: Props) {
  const { t } = useTranslation("predictions");
  const format = useFormat();
  const now = useNow();
  const Sign = SIGNS[last.decision];
  const at = new Date(last.at);
  const word = t(`verdict.${last.decision}`);
  return (
    <section
      className={classes.band}
      data-decision={last.decision}
      data-old={old}
      data-inspection={last.id}
      data-testid="verdict"
    >
      <p className={classes.word} role="status" style={{ "--letters": word.length } as CSSProperties}>
        <Sign className={classes.sign} aria-hidden />
        <span>{word}</span>
      </p>
      <GateWords quality={last.quality} />
      <p className={classes.why}>
        <span>{useToldTarget(last)}</span>
        <span className="tabular">
          {t("inspectedAt", {
            time: format.time(at),
            ago: format.ago(at, new Date(Math.max(now, at.getTime()))),
          })}
        </span>
      </p>
    </section>
  );
}

function useToldTarget(last: LiveInspection): string {
  const { t } = useTranslation("predictions");
  const tell = useTelling();
  const counted = countedTarget(last.prediction, last.thresholds ?? {});
  const boxes = counted["boxes"];
  return Array.isArray(boxes) && boxes.length === 0 ? t("nothingFound") : tell(counted);
}
