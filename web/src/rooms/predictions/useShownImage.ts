/* The inspection whose image can be drawn already: the next one takes over once it is decoded, so that nothing
   flickers and boxes never lie on the image of another piece. */
import { useEffect, useState } from "react";
import type { LiveInspection } from "./live";

export interface Shown {
  inspection: LiveInspection;
  source: string;
}

/** Bytes as they came from the camera; a preview where the browser cannot read that format. */
const sources = (image: string) => [
  `/api/v1/images/${image}/bytes`,
  `/api/v1/images/${image}/thumbnail?size=1024`,
];

async function decoded(image: string): Promise<string | null> {
  for (const source of sources(image)) {
    const element = new Image();
    element.src = source;
    try {
      await element.decode();
      return source;
    } catch {
      /* the next one */
    }
  }
  return null;
}

export function useShownImage(last: LiveInspection | null): Shown | null {
  const [shown, setShown] = useState<Shown | null>(null);
  const id = last?.id;
  useEffect(() => {
    if (!last) return;
    let late = false;
    void decoded(last.image.id).then((source) => {
      if (!late && source !== null) setShown({ inspection: last, source });
    });
    return () => {
      late = true;
    };
    // `last` is a new object at every answer; only another inspection has another image.
  }, [id]);
  return last === null ? null : shown;
}
