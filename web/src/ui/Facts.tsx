/* Names and values, side by side; under each other where it is narrow. */
import type { ReactNode } from "react";
import classes from "./Facts.module.css";

export type Fact = [name: string, value: ReactNode];

export function Facts({ facts }: { facts: (Fact | null | false | undefined)[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map((fact) =>
        fact ? (
          <div key={fact[0]} className={classes.fact}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1] ?? "–"}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
