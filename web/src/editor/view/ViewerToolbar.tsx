/* Buttons of the viewer: zoom, layers, threshold, template. Everything here has a key too. */
import { ActionIcon, Group, Slider, Text, Tooltip } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconEyeOff,
  IconLayersDifference,
  IconLayoutColumns,
  IconMinus,
  IconPlus,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { Shape } from "../shapes/shape";
import classes from "./ImageViewer.module.css";
import { ZOOM_STEP } from "./keys";
import { LayerToggle } from "./LayerToggle";
import type { Stage } from "./Stage";
import { useStageState } from "./useStage";

interface Props {
  stage: Stage | null;
  shapes: readonly Shape[];
  hasTemplate: boolean;
  beside: boolean;
  onBeside: (beside: boolean) => void;
}

const ALL = { truth: true, prediction: true, minScore: 0 };

export function ViewerToolbar({ stage, shapes, hasTemplate, beside, onBeside }: Props) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const scale = useStageState(stage, (state) => state.view.scale, 1);
  const shown = useStageState(stage, (state) => state.shown, ALL);
  const scored = shapes.some((shape) => shape.score !== null);
  return (
    <Group className={classes.toolbar} gap={2} role="toolbar" aria-label={t("toolbar")}>
      <Act label={t("zoomOut")} onClick={() => stage?.zoomBy(1 / ZOOM_STEP)}>
        <IconMinus size={20} aria-hidden />
      </Act>
      <Text className={`tabular ${classes.scale}`} aria-label={t("scale")}>
        {format.percent(scale)}
      </Text>
      <Act label={t("zoomIn")} onClick={() => stage?.zoomBy(ZOOM_STEP)}>
        <IconPlus size={20} aria-hidden />
      </Act>
      <Act label={t("fit")} onClick={() => stage?.fit()}>
        <IconArrowsMaximize size={20} aria-hidden />
      </Act>
      {(["truth", "prediction"] as const).map((layer) => (
        <LayerToggle
          key={layer}
          layer={layer}
          count={shapes.filter((shape) => shape.layer === layer).length}
          on={shown[layer]}
          onChange={(on) => stage?.show({ [layer]: on })}
        />
      ))}
      {shapes.length > 0 && (
        <Held label={t("blink")} hold={(on) => stage?.blink(on)}>
          <IconEyeOff size={20} aria-hidden />
        </Held>
      )}
      {hasTemplate && (
        <>
          <Held label={t("template.blink")} hold={(on) => stage?.compare(on)}>
            <IconLayersDifference size={20} aria-hidden />
          </Held>
          <Act label={t("template.beside")} pressed={beside} onClick={() => onBeside(!beside)}>
            <IconLayoutColumns size={20} aria-hidden />
          </Act>
        </>
      )}
      {scored && (
        <Group gap={8} wrap="nowrap" className={classes.threshold}>
          <Text fz="sm" id="viewer-threshold">
            {t("threshold", { value: format.percent(shown.minScore) })}
          </Text>
          <Slider
            w={88}
            min={0}
            max={1}
            step={0.01}
            value={shown.minScore}
            onChange={(minScore) => stage?.show({ minScore })}
            label={null}
            thumbLabel={t("thresholdName")}
          />
        </Group>
      )}
    </Group>
  );
}

interface ActProps {
  label: string;
  pressed?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Act({ label, pressed, onClick, children }: ActProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        aria-pressed={pressed}
        variant={pressed ? "light" : "subtle"}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

/** Acts as long as it is held, by pointer or by Space and Enter. */
function Held({
  label,
  hold,
  children,
}: {
  label: string;
  hold: (on: boolean) => void;
  children: ReactNode;
}) {
  const isHeld = (key: string) => key === " " || key === "Enter";
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        onPointerDown={() => hold(true)}
        onPointerUp={() => hold(false)}
        onPointerLeave={() => hold(false)}
        onBlur={() => hold(false)}
        onKeyDown={(event) => isHeld(event.key) && hold(true)}
        onKeyUp={(event) => isHeld(event.key) && hold(false)}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
