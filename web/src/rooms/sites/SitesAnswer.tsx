/* The sentence that answers: is the model good at each plant? */
import { Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconHelpCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { countVerdicts, type SiteOverview, VERDICTS } from "./overview";
import classes from "./SitesAnswer.module.css";

export function SitesAnswer({ sites }: { sites: SiteOverview[] }) {
  const { t, i18n } = useTranslation("sites");
  const format = useFormat();
  const counts = countVerdicts(sites);
  const total = sites.length;
  const told = (verdict: (typeof VERDICTS)[number]) =>
    t(`answer.${verdict}`, { count: counts[verdict], shown: format.integer(counts[verdict]) });
  const open = VERDICTS.filter((verdict) => verdict !== "satisfactory" && counts[verdict] > 0);
  const state = counts.not_satisfactory > 0 ? "bad" : open.length > 0 ? "open" : "good";
  const Sign = { bad: IconAlertTriangle, open: IconHelpCircle, good: IconCircleCheck }[state];
  const first =
    state === "good"
      ? t("answer.all", { count: total, total: format.integer(total) })
      : t("answer.good", {
          count: counts.satisfactory,
          good: format.integer(counts.satisfactory),
          total: format.integer(total),
        });
  const rest = new Intl.ListFormat(i18n.language, { type: "conjunction" }).format(open.map(told));
  return (
    <div className={classes.answer} data-state={state} role="status">
      <Sign size={30} aria-hidden className={classes.sign} />
      <Text component="p" m={0} fz={{ base: "md", sm: "lg" }} c="var(--p-text)">
        <strong>{first}</strong>
        {rest && ` ${t("answer.rest", { list: rest })}`}
      </Text>
    </div>
  );
}
