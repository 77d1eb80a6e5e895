/* All problems that a page can tell and draw. */
import { classification } from "./classification/view";
import type { ProblemView, Target } from "./contract";
import { detection } from "./detection/view";
import { regression } from "./regression/view";

export const PROBLEMS: readonly ProblemView[] = [detection, classification, regression];

/** Return the problem that a target answers; undefined for a kind that this app does not know. */
export function problemOf(target: Target): ProblemView | undefined {
  return PROBLEMS.find((problem) => problem.answers(target));
}
