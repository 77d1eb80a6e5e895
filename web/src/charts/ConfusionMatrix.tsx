/* Truth against answer as a real table: counts, share of the row, and a shade; the diagonal is framed. */
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import classes from "./ConfusionMatrix.module.css";

interface Props {
  names: string[];
  /** Rows are the truth, columns the answer. */
  counts: number[][];
}

export function ConfusionMatrix({ names, counts }: Props) {
  const { t } = useTranslation("charts");
  const format = useFormat();
  return (
    <div className={classes.frame} tabIndex={0} role="region" aria-label={t("confusion.label")}>
      <table className={classes.table} aria-label={t("confusion.label")}>
        <thead>
          <tr>
            <td />
            <th scope="colgroup" colSpan={names.length} className={classes.side}>
              {t("confusion.answer")}
            </th>
            <td />
          </tr>
          <tr>
            <th scope="col" className={classes.side}>
              {t("confusion.truth")}
            </th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col" className={classes.sum}>
              {t("confusion.total")}
            </th>
          </tr>
        </thead>
        <tbody>
          {names.map((name, row) => {
            const line = counts[row] ?? [];
            const total = line.reduce((sum, count) => sum + count, 0);
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                {names.map((answer, column) => {
                  const count = line[column] ?? 0;
                  const share = total ? count / total : 0;
                  return (
                    <td
                      key={answer}
                      data-zero={count === 0 || undefined}
                      data-right={(row === column && total > 0) || undefined}
                      style={{ "--share": `${Math.round(share * 36)}%` } as React.CSSProperties}
                    >
                      <b>{format.integer(count)}</b>
                      <small>{total ? format.percent(share) : "–"}</small>
                    </td>
                  );
                })}
                <td className={classes.sum}>{format.integer(total)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
