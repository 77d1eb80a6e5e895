/* How series are told apart when colour cannot be seen: each has its own dashes and its own mark. */
export const DASHES: (string | number[])[] = ["solid", "dashed", "dotted", [10, 4, 2, 4], [2, 6], [14, 4]];
export const MARKS = ["circle", "triangle", "rect", "diamond", "roundRect", "pin"];

export interface Look {
  colour: number;
  dash: string | number[];
  mark: string;
}

/** Return how the series at `index` looks; looks repeat only after 36 series. */
export function lookOf(index: number): Look {
  const turn = Math.floor(index / DASHES.length);
  return {
    colour: index % 6,
    dash: DASHES[(index + turn) % DASHES.length] as string | number[],
    mark: MARKS[(index + turn) % MARKS.length] as string,
  };
}
