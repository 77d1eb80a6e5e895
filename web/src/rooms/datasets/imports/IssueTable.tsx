/* Everything wrong or notable, by file and line, with what to do. Long lists exist only where they are seen. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { IconAlertTriangle, IconCircleX } from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import classes from "./imports.module.css";
import type { Issue } from "./queries";

export function IssueTable({ issues, total }: { issues: Issue[]; total: number }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: issues.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 76,
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  return (
    <div
      ref={frame}
      className={classes.issues}
      role="table"
      tabIndex={0}
      aria-rowcount={issues.length + 1}
      aria-label={t("issues.count", { count: total, number: format.integer(total) })}
    >
      <div role="rowgroup" className={classes.issueHead}>
        <div role="row" className={classes.issue} aria-rowindex={1}>
          <span role="columnheader">{t("issues.file")}</span>
          <span role="columnheader">{t("issues.what")}</span>
          <span role="columnheader">{t("issues.remedy")}</span>
        </div>
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {items.map((item) => {
          const issue = issues[item.index] as Issue;
          const error = issue.severity === "error";
          const Sign = error ? IconCircleX : IconAlertTriangle;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              role="row"
              aria-rowindex={item.index + 2}
              className={`${classes.issue} ${classes.issueRow}`}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <span role="cell" className={classes.issueFile}>
                {issue.file}
                {issue.line !== null && <b> {t("issues.line", { line: issue.line })}</b>}
              </span>
              <span role="cell">
                <Sign size={18} aria-hidden className={classes.sign} data-severity={issue.severity} />
                <b>{t(`issues.severity.${issue.severity}`)}</b> {issue.what}
              </span>
              <span role="cell">{issue.remedy}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
