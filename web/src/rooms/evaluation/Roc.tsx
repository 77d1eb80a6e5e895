/* True over false alarms, one curve a class; chance is the diagonal. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type UnitCurve, UnitCurves } from "@/charts/UnitCurves";
import { useFormat } from "@/ui/format";
import type { EvaluationCurves } from "./curvesQuery";

export function Roc({ curves }: { curves: NonNullable<EvaluationCurves["roc"]> }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const shown = useMemo(
    () =>
      curves.map((curve): UnitCurve => {
        const auc = curve.auc == null ? "" : ` (AUC ${format.metric(curve.auc)})`;
        return {
          name: `${curve.class}${auc}`,
          points: curve.points.map((at) => [at.false_positive_rate, at.true_positive_rate, at.score]),
        };
      }),
    [curves, format],
  );
  return (
    <UnitCurves
      curves={shown}
      diagonal
      xName={t("curves.falseAlarms")}
      yName={t("curves.trueAlarms")}
      scoreName={t("curves.score")}
      operatingName={t("curves.operating")}
      label={t("curves.rocLabel", { names: shown.map(({ name }) => name).join(", ") })}
    />
  );
}
