/* Labels of the evaluated version that are probably wrong: the image, the reason, and how probable it is. */
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import type { Schemas } from "@/api/client";
import type { Shape } from "@/editor/shapes/shape";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { OutlinedImage } from "./OutlinedImage";
import { type Evaluation, labelSuspectsQuery } from "./queries";
import classes from "./WorstImages.module.css";

const SHOWN = 12;

export function DoubtfulLabels({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const enabled = useMay("performance:read");
  const suspects = useQuery({ ...labelSuspectsQuery(evaluation.dataset_version_id), enabled });
  if (!enabled) return null;
  return (
    <Section title={t("doubt.title")} about={t("doubt.about")}>
      <Answer query={suspects} rows={3}>
        {({ items, why_not: whyNot }) =>
          items.length ? (
            <ul className={classes.grid}>
              {items.slice(0, SHOWN).map((one) => (
                <li key={`${one.image_id} ${one.reason} ${one.box?.join(" ") ?? ""}`}>
                  <Suspect suspect={one} />
                </li>
              ))}
            </ul>
          ) : (
            <Text c="dimmed">{t(whyNot ? "doubt.notJudged" : "doubt.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}

function Suspect({ suspect }: { suspect: Schemas["LabelSuspect"] }) {
  const { t } = useTranslation("evaluation");
  const format = useFormat();
  return (
    <Link to={`/images/${suspect.image_id}`} className={classes.card}>
      <OutlinedImage image={suspect.image_id} shapes={doubted(suspect)} alt={t("doubt.image")} />
      <div className={classes.told}>
        <Text span fw={600}>
          {t(`doubt.reason.${suspect.reason}`)}
        </Text>
        <dl>
          <dt>{t("doubt.given")}</dt>
          <dd>{suspect.given ?? "–"}</dd>
          <dt>{t("doubt.expected")}</dt>
          <dd>{suspect.expected ?? "–"}</dd>
          <dt>{t("doubt.probability")}</dt>
          <dd className="tabular">{format.percent(suspect.probability)}</dd>
        </dl>
      </div>
    </Link>
  );
}

/** The box in doubt: the label's own, or where a model sees one that has no label. */
function doubted({ box, given, expected, reason }: Schemas["LabelSuspect"]): Shape[] {
  const [x1, y1, x2, y2] = box ?? [];
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined) return [];
  const layer = reason === "missing" ? "prediction" : "truth";
  const label = given ?? expected ?? "";
  return [
    { id: reason, kind: "box", layer, label, score: null, x: x1, y: y1, width: x2 - x1, height: y2 - y1 },
  ];
}
