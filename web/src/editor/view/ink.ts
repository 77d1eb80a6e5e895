/* The colours of lines on images, from the tokens: the same in both themes, for the image is the same. */
import type { Ink } from "./paint";

export function readInk(): Ink {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--p-${name}`).trim();
  return {
    grid: read("ink-grid"),
    halo: read("ink-halo"),
    truth: read("ink-truth"),
    prediction: read("ink-prediction"),
    font: read("font"),
  };
}
