/* Says plainly that what is shown may be old: the hub is not heard, since when, and that it is tried again. */
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import classes from "./LiveStationPage.module.css";
import { useNow } from "./useNow";

export function NotHeard({ since }: { since: number }) {
  const { t } = useTranslation("predictions");
  const format = useFormat();
  const seconds = (useNow() - since) / 1_000;
  return (
    <div className={classes.lost} role="alert">
      <IconPlugConnectedX size={32} aria-hidden />
      <div>
        <strong>{t("notHeard.title")}</strong>{" "}
        <span aria-hidden className="tabular">
          {t("notHeard.last", { duration: format.duration(seconds) })}
        </span>{" "}
        {t("notHeard.text")}
      </div>
    </div>
  );
}
