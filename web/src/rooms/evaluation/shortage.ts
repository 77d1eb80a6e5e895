/* What is missing for a figure, read from the hub's words so that it can be told in the person's language. */
export interface Shortage {
  unit: string;
  there: number;
  needed: number;
}

/** Return what "too few true boxes: 2, at least 5 needed" says; nothing for other words. */
export function readShortage(text: string): Shortage | undefined {
  const found = /^too few ([a-z ]+): (\d+), at least (\d+) needed/.exec(text);
  if (!found) return undefined;
  return { unit: (found[1] ?? "").replaceAll(" ", "_"), there: Number(found[2]), needed: Number(found[3]) };
}
