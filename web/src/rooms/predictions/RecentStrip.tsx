/* The last twenty verdicts, oldest to newest: sign, colour and, for whoever listens, a word. */
import { IconCheck, IconQuestionMark, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { LiveDecision } from "./live";
import classes from "./RecentStrip.module.css";

const SIGNS = { pass: IconCheck, fail: IconX, unsure: IconQuestionMark };

export function RecentStrip({ recent }: { recent: LiveDecision[] }) {
  const { t } = useTranslation("predictions");
  const format = useFormat();
  const oldestFirst = [...recent].reverse();
  return (
    <section className={`surface ${classes.frame}`} aria-label={t("recent.label")}>
      <div className={classes.row}>
        <span className={classes.end} aria-hidden>
          {t("recent.older")}
        </span>
        <ol className={classes.strip}>
          {oldestFirst.map(({ id, image_id, decision, at }, place) => {
            const Sign = SIGNS[decision];
            const told = t("recent.told", { verdict: t(`verdict.${decision}`), time: format.time(at) });
            return (
              <li key={id}>
                <Link
                  to="/images/$image"
                  params={{ image: image_id } as never}
                  className={classes.mark}
                  data-decision={decision}
                  data-newest={place === oldestFirst.length - 1}
                  aria-label={told}
                  title={told}
                >
                  <Sign size={24} stroke={3} aria-hidden />
                </Link>
              </li>
            );
          })}
        </ol>
        <span className={classes.end} aria-hidden>
          {t("recent.newer")}
        </span>
      </div>
    </section>
  );
}
