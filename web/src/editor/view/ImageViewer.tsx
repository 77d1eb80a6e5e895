/* An image with what truth and model say of it: zoom, pan, objects, template beside it. Fills its parent. */
import { Button, Loader, Text, VisuallyHidden } from "@mantine/core";
import { useEffect, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { useFormat } from "@/ui/format";
import type { Shape } from "../shapes/shape";
import classes from "./ImageViewer.module.css";
import { linkViews } from "./link";
import { SpokenObject } from "./SpokenObject";
import { type ViewedImage, usePicture } from "./usePicture";
import { useStage } from "./useStage";
import { ViewerToolbar } from "./ViewerToolbar";

interface Props {
  image: ViewedImage;
  shapes: readonly Shape[];
  /** What the image is, for people who don't see it. */
  label: string;
  /** The image that shows the same without defects. */
  template?: ViewedImage | null;
  /** Predictions below it are hidden at first. */
  minScore?: number;
  /** Without toolbar and hints: for a screen at the line. */
  bare?: boolean;
}

export function ImageViewer({ image, shapes, label, template = null, minScore = 0, bare = false }: Props) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const hint = useId();
  const [attempt, setAttempt] = useState(0);
  const [beside, setBeside] = useState(false);
  const picture = usePicture(image, attempt);
  const reference = usePicture(template, attempt);
  const [host, stage] = useStage();
  const [otherHost, other] = useStage();

  const tell = useMemo(
    () => (shape: Shape) =>
      shape.score === null ? shape.label : `${shape.label} ${format.percent(shape.score)}`,
    [format],
  );
  useEffect(() => {
    stage?.setPicture(picture.pyramid, image, true);
  }, [stage, picture, image]);
  useEffect(() => {
    stage?.setTemplate(reference.pyramid);
    other?.setPicture(reference.pyramid, image, true);
  }, [stage, other, reference, image]);
  useEffect(() => stage?.setShapes(shapes, tell), [stage, shapes, tell]);
  useEffect(() => stage?.show({ minScore }), [stage, minScore]);
  useEffect(() => (stage && other ? linkViews(stage, other) : undefined), [stage, other]);

  const pair = beside && template !== null;
  return (
    <section className={classes.viewer} aria-label={label} data-bare={bare || undefined}>
      {!bare && (
        <ViewerToolbar
          stage={stage}
          shapes={shapes}
          hasTemplate={template !== null}
          beside={pair}
          onBeside={setBeside}
        />
      )}
      <div className={classes.stages} data-pair={pair || undefined}>
        <div
          ref={host}
          className={classes.stage}
          role="application"
          aria-roledescription={t("canvas")}
          aria-label={t("stage", { label, count: shapes.length })}
          aria-describedby={hint}
          tabIndex={0}
        />
        {pair && (
          <div
            ref={otherHost}
            className={classes.stage}
            role="application"
            aria-label={t("template.name")}
            tabIndex={0}
          />
        )}
        {!picture.pyramid && !picture.error && (
          <div className={classes.waiting} role="status">
            <Loader size="sm" aria-label={t("loading")} />
          </div>
        )}
        {picture.error !== null && (
          <div className={classes.failed}>
            <ProblemAlert error={picture.error} retry={() => setAttempt(attempt + 1)} />
          </div>
        )}
      </div>
      <VisuallyHidden id={hint}>{t("hint")}</VisuallyHidden>
      <SpokenObject stage={stage} shapes={shapes} tell={tell} />
      {picture.copy && (
        <Text fz="sm" c="dimmed" className={classes.copy}>
          {t("copy")}{" "}
          <Button
            component="a"
            href={`/api/v1/images/${image.id}/bytes`}
            download
            variant="subtle"
            size="compact-sm"
          >
            {t("download")}
          </Button>
        </Text>
      )}
    </section>
  );
}
