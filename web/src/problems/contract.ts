/* What every problem gives the pages: how a target is recognised, told in words, and drawn. A new problem is a
   folder with these and one line in the registry. */
import type { TFunction } from "i18next";
import type { Layer, Shape } from "@/editor/shapes/shape";
import type { Format } from "@/ui/format";

/** A target as the hub sends it: its shape says which problem it answers. */
export type Target = Readonly<Record<string, unknown>>;

export interface Telling {
  t: TFunction<"problems">;
  format: Format;
  /** What a continuous value is measured in. */
  unit?: string | null;
}

export interface ProblemView {
  name: "classification" | "regression" | "detection";
  answers(target: Target): boolean;
  /** Tell the target in a few words. */
  tell(target: Target, telling: Telling): string;
  /** Return what is drawn over the image; nothing when the target speaks of the whole image. */
  shapesOf(target: Target, layer: Layer): Shape[];
  /** Return the score from which predictions count, 0 when there is none. */
  scoreFrom(thresholds: Readonly<Record<string, unknown>>): number;
}
