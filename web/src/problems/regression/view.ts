/* One number for the whole image: {"value": 0.33}. */
import type { ProblemView } from "../contract";

export const regression: ProblemView = {
  name: "regression",
  answers: (target) => typeof target.value === "number",
  tell: (target, { t, format, unit }) => {
    const value = format.number(target.value as number, 4);
    return unit ? t("regression.measured", { value, unit }) : value;
  },
  shapesOf: () => [],
  scoreFrom: () => 0,
};
