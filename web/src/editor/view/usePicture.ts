/* An image's pixels for a stage. What the browser cannot decode (TIFF) is shown from the hub's smaller copy. */
import { useEffect, useState } from "react";
import { ProblemError, problemOf } from "@/api/problem";
import { Pyramid } from "./pyramid";

export interface ViewedImage {
  id: string;
  width: number;
  height: number;
}

export interface Picture {
  pyramid: Pyramid | null;
  /** The original cannot be shown here; a copy of at most 1024 px stands for it. */
  copy: boolean;
  error: unknown;
  /** Grows when a coarser level is there: draw again. */
  levels: number;
}

const NONE: Picture = { pyramid: null, copy: false, error: null, levels: 0 };

export function usePicture(image: ViewedImage | null, attempt = 0): Picture {
  const [picture, setPicture] = useState<Picture>(NONE);
  const { id, width, height } = image ?? { id: "", width: 0, height: 0 };
  useEffect(() => {
    const ends = new AbortController();
    let pyramid: Pyramid | null = null;
    const show = (part: Partial<Picture>) => {
      if (!ends.signal.aborted) setPicture((before) => ({ ...before, ...part }));
    };
    const grown = () => show({ levels: pyramid?.levels.length ?? 0 });
    const load = async () => {
      const bytes = await fetchBytes(`/api/v1/images/${id}/bytes`, ends.signal);
      let copy = false;
      pyramid = await Pyramid.of(bytes, grown).catch(() => null);
      if (!pyramid) {
        copy = true;
        const small = await fetchBytes(`/api/v1/images/${id}/thumbnail?size=1024`, ends.signal);
        pyramid = await Pyramid.of(small, grown, { width, height });
      }
      if (ends.signal.aborted) pyramid.close();
      show({ pyramid, copy, error: null, levels: 1 });
    };
    setPicture((before) => ({ ...before, error: null }));
    if (id) load().catch((error: unknown) => show({ error, pyramid: null }));
    return () => {
      ends.abort();
      pyramid?.close();
      setPicture(NONE);
    };
  }, [id, width, height, attempt]);
  return picture;
}

async function fetchBytes(address: string, signal: AbortSignal): Promise<Blob> {
  const answer = await fetch(address, { signal, credentials: "same-origin" });
  if (!answer.ok) throw new ProblemError(await problemOf(answer));
  return answer.blob();
}
