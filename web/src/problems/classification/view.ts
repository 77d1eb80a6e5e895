/* One class for the whole image: {"class": "defective", "scores": {"ok": 0.1, "defective": 0.9}}. */
import type { ProblemView } from "../contract";

export const classification: ProblemView = {
  name: "classification",
  answers: (target) => typeof target.class === "string",
  tell: (target, { t, format }) => {
    const name = target.class as string;
    const score = (target.scores as Record<string, number> | undefined)?.[name];
    return score === undefined ? name : t("classification.scored", { name, score: format.percent(score, 1) });
  },
  shapesOf: () => [],
  scoreFrom: () => 0,
};
