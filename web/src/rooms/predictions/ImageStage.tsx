/* The last image with the boxes that the model drew: a doubled outline and a name on each, never colour alone. */
import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import classes from "./ImageStage.module.css";
import { drawnShapes } from "./target";
import type { Shown } from "./useShownImage";

export function ImageStage({ shown }: { shown: Shown | null }) {
  const { t } = useTranslation("predictions");
  const format = useFormat();
  if (shown === null) return <div className={classes.stage} />;
  const { image, prediction, thresholds } = shown.inspection;
  const boxes = drawnShapes(prediction, thresholds ?? {});
  const text = Math.max(image.width, image.height) / 34;
  return (
    <div className={classes.stage} style={{ "--ratio": image.width / image.height } as CSSProperties}>
      <img
        className={classes.picture}
        src={shown.source}
        width={image.width}
        height={image.height}
        alt={t("imageTold", { count: boxes.length })}
        decoding="sync"
        data-image={image.id}
      />
      <svg className={classes.picture} viewBox={`0 0 ${image.width} ${image.height}`} aria-hidden>
        {boxes.map((box) => {
          const label = box.score == null ? box.label : `${box.label} ${format.percent(box.score)}`;
          const under = box.y < text * 1.5;
          return (
            <g key={box.id}>
              <rect className={classes.halo} {...frame(box)} />
              <rect className={classes.box} {...frame(box)} />
              <text
                className={classes.label}
                x={Math.min(box.x, image.width - label.length * text * 0.58)}
                y={under ? box.y + box.height + text * 1.1 : box.y - text * 0.4}
                fontSize={text}
                strokeWidth={text / 4}
              >
                {label}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

const frame = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }) => ({
  x,
  y,
  width,
  height,
});
