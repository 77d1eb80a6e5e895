/* Says which object is selected, also to people who don't see it. */
import { VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Shape } from "../shapes/shape";
import type { Stage } from "./Stage";
import { useStageState } from "./useStage";

interface Props {
  stage: Stage | null;
  shapes: readonly Shape[];
  tell: (shape: Shape) => string;
}

export function SpokenObject({ stage, shapes, tell }: Props) {
  const { t } = useTranslation("viewer");
  const selected = useStageState(stage, (state) => state.selected, null);
  const shape = shapes.find(({ id }) => id === selected);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {shape &&
        t("object", {
          what: tell(shape),
          layer: t(`layer.${shape.layer}`),
          x: Math.round(shape.x),
          y: Math.round(shape.y),
          width: Math.round(shape.width),
          height: Math.round(shape.height),
        })}
    </VisuallyHidden>
  );
}
