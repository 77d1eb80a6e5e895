/* Shows or hides what truth or model says; its sample line is the one on the image. */
import { UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { Layer } from "../shapes/shape";
import classes from "./ImageViewer.module.css";

interface Props {
  layer: Layer;
  count: number;
  on: boolean;
  onChange: (on: boolean) => void;
}

export function LayerToggle({ layer, count, on, onChange }: Props) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  if (!count) return null;
  return (
    <UnstyledButton className={classes.layer} aria-pressed={on} onClick={() => onChange(!on)}>
      <svg width="28" height="14" aria-hidden className={classes.sample} data-layer={layer}>
        <line x1="1" y1="7" x2="27" y2="7" data-part="dark" />
        <line x1="1" y1="7" x2="27" y2="7" data-part="bright" />
      </svg>
      {t(`layer.${layer}`)} <span className="tabular">{format.integer(count)}</span>
    </UnstyledButton>
  );
}
