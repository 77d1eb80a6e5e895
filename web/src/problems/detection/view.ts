/* Objects in an image: {"boxes": [{"box": [x1, y1, x2, y2], "class": "open", "score": 0.9}]}. */
import type { ProblemView, Target } from "../contract";

interface Box {
  box: [number, number, number, number];
  class: string;
  score?: number | null;
}

const boxesOf = (target: Target) => target.boxes as Box[];

export const detection: ProblemView = {
  name: "detection",
  answers: (target) => Array.isArray(target.boxes),
  tell: (target, { t, format }) => {
    const counts = new Map<string, number>();
    for (const { class: name } of boxesOf(target)) counts.set(name, (counts.get(name) ?? 0) + 1);
    if (!counts.size) return t("detection.none");
    const classes = [...counts]
      .sort(([a, many], [b, few]) => few - many || a.localeCompare(b))
      .map(([name, count]) => t("detection.class", { name, number: format.integer(count) }));
    const count = boxesOf(target).length;
    return t("detection.objects", { count, number: format.integer(count), classes: classes.join(", ") });
  },
  shapesOf: (target, layer) =>
    boxesOf(target).map(({ box: [x1, y1, x2, y2], class: label, score }, index) => ({
      id: `${layer}-${index}`,
      kind: "box",
      layer,
      x: x1,
      y: y1,
      width: x2 - x1,
      height: y2 - y1,
      label,
      score: score ?? null,
    })),
  scoreFrom: ({ score, unsure_from: unsure }) => {
    const fails = typeof score === "number" ? score : 0;
    return typeof unsure === "number" ? Math.min(unsure, fails || unsure) : fails;
  },
};
