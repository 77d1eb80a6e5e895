/* A few counts side by side, large enough to be compared. */
import { useFormat } from "@/ui/format";
import classes from "./imports.module.css";

export interface Figure {
  name: string;
  value: number;
  bad?: boolean;
}

export function Figures({ figures }: { figures: Figure[] }) {
  const format = useFormat();
  return (
    <div className={classes.figures}>
      {figures.map(({ name, value, bad }) => (
        <div key={name} className={classes.figure} data-tone={bad && value > 0 ? "bad" : undefined}>
          <b>{format.integer(value)}</b>
          {name}
        </div>
      ))}
    </div>
  );
}
