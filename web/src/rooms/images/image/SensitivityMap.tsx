/* The image with the patches that decided: the more the answer falls without a patch, the stronger its mark. */
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useFormat } from "@/ui/format";
import classes from "./WhyThisAnswer.module.css";

const LEAST_SHOWN = 0.15;

export function SensitivityMap({ sensitivity }: { sensitivity: Schemas["Sensitivity"] }) {
  const { t } = useTranslation("images");
  const format = useFormat();
  const { grid, image_id: image } = sensitivity;
  const most = Math.max(...grid.flat().map(Math.abs));
  const columns = grid[0]?.length ?? 1;
  const cells = grid.flatMap((row, y) =>
    row.map((fall, x) => ({ x, y, fall, share: most > 0 ? Math.abs(fall) / most : 0 })),
  );
  return (
    <>
      <div className={classes.map} role="img" aria-label={t("why.label", { fall: format.number(most, 3) })}>
        <img src={`/api/v1/images/${image}/thumbnail`} alt="" />
        <svg viewBox={`0 0 ${columns} ${grid.length}`} preserveAspectRatio="none" aria-hidden>
          {cells
            .filter(({ share }) => share >= LEAST_SHOWN)
            .map(({ x, y, fall, share }) => (
              <rect
                key={`${x} ${y}`}
                x={x}
                y={y}
                width={1}
                height={1}
                className={fall > 0 ? classes.falls : classes.rises}
                style={{ fillOpacity: 0.7 * share }}
              />
            ))}
        </svg>
      </div>
      <ul className={classes.legend}>
        <li data-kind="falls">{t("why.falls", { fall: format.number(most, 3) })}</li>
        <li data-kind="rises">{t("why.rises")}</li>
      </ul>
    </>
  );
}
