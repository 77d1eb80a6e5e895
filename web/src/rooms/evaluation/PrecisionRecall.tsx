/* Precision over recall, one curve a class, with the point at which the model works. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type UnitCurve, UnitCurves } from "@/charts/UnitCurves";
import { useFormat } from "@/ui/format";
import type { EvaluationCurves } from "./curvesQuery";

export function PrecisionRecall({ curves }: { curves: NonNullable<EvaluationCurves["precision_recall"]> }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  const shown = useMemo(
    () =>
      curves.map((curve): UnitCurve => {
        const ap = curve.ap == null ? "" : ` (AP ${format.metric(curve.ap)})`;
        return {
          name: `${curve.class}${ap}`,
          points: curve.points.map(({ recall, precision, score }) => [recall, precision, score]),
          operating: curve.operating ? [curve.operating.recall, curve.operating.precision] : null,
        };
      }),
    [curves, format],
  );
  return (
    <UnitCurves
      curves={shown}
      xName={t("ui:metric.recall")}
      yName={t("ui:metric.precision")}
      scoreName={t("curves.score")}
      operatingName={t("curves.operating")}
      label={t("curves.precisionRecallLabel", { names: shown.map(({ name }) => name).join(", ") })}
    />
  );
}
