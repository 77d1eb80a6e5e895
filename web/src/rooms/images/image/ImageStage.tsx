/* The image large, with the truth that stands and the prediction that the person chose. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { ImageViewer } from "@/editor/view/ImageViewer";
import { problemOf } from "@/problems/registry";
import type { Image, Prediction, Truth } from "./useImage";

interface Props {
  image: Image;
  truths: Truth[];
  prediction: Prediction | undefined;
}

export function ImageStage({ image, truths, prediction }: Props) {
  const { t } = useTranslation("images");
  const { id, width, height } = image;
  const viewed = useMemo(() => ({ id, width, height }), [id, width, height]);
  const reference = prediction?.reference_image_id ?? image.reference_image_id;
  const template = useMemo(
    () => (reference ? { id: reference, width, height } : null),
    [reference, width, height],
  );
  const shapes = useMemo(
    () => [
      ...truths
        .filter((truth) => truth.superseded_by === null)
        .flatMap(({ id: key, target }) =>
          (problemOf(target)?.shapesOf(target, "truth") ?? []).map((shape) => ({
            ...shape,
            id: `${key} ${shape.id}`,
          })),
        ),
      ...(prediction
        ? (problemOf(prediction.prediction)?.shapesOf(prediction.prediction, "prediction") ?? [])
        : []),
    ],
    [truths, prediction],
  );
  const minScore = prediction
    ? (problemOf(prediction.prediction)?.scoreFrom(prediction.thresholds ?? {}) ?? 0)
    : 0;
  return (
    <ImageViewer
      image={viewed}
      shapes={shapes}
      template={template}
      minScore={minScore}
      label={t("image.label", { name: image.file_name ?? image.id })}
    />
  );
}
