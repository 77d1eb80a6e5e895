/* The inspection whose image can be drawn already: the next one takes over once it is decoded, so that nothing
   flickers and boxes never lie on the image of another piece. */
import { useEffect, useRef, useState } from "react";
import type { LiveInspection } from "./live";

export interface Shown {
  inspection: LiveInspection;
  source: string;
}

const GIVE_UP_MS = 4_000;

/** Bytes as they came from the camera; a preview where the browser cannot read that format. */
const sources = (image: string) => [
  `/api/v1/images/${image}/bytes`,
  `/api/v1/images/${image}/thumbnail?size=1024`,
];

async function decoded(image: string): Promise<string | null> {
  for (const source of sources(image)) {
    const element = new Image();
    element.src = source;
    const tooLong = new Promise<never>((_, fail) => setTimeout(fail, GIVE_UP_MS));
    try {
      await Promise.race([element.decode(), tooLong]);
      return source;
    } catch {
      /* the next one */
    }
  }
  return null;
}

/** Return the latest inspection whose image is decoded; null while there is none, or when its image cannot be had.
    One image is fetched at a time and then the latest: a line faster than the network skips pieces, and never stops. */
export function useShownImage(last: LiveInspection | null): Shown | null {
  const [shown, setShown] = useState<Shown | null>(null);
  const wanted = useRef<LiveInspection | null>(null);
  const busy = useRef(false);
  const id = last?.id;
  useEffect(() => {
    wanted.current = last;
    if (busy.current) return;
    const catchUp = async () => {
      busy.current = true;
      for (let next = wanted.current; next; next = wanted.current) {
        wanted.current = null;
        const source = await decoded(next.image.id);
        setShown(source === null ? null : { inspection: next, source });
      }
      busy.current = false;
    };
    void catchUp();
    // `last` is a new object at every answer; only another inspection has another image.
  }, [id]);
  return last === null ? null : shown;
}
