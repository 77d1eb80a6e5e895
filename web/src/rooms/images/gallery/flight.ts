/* Says when a person scrolls so fast that nothing can be seen: then nothing is asked for either. Those who wait
   for calm are told one by one, so that calm costs no drawing of the whole page. */
import { type RefObject, useEffect, useState, useSyncExternalStore } from "react";

const FAST_PX_PER_MS = 4;
const CALM_AFTER_MS = 100;

export class Flight {
  flying = false;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  follow(frame: HTMLElement): () => void {
    let place = frame.scrollTop;
    let at = performance.now();
    const look = () => {
      const now = performance.now();
      const speed = Math.abs(frame.scrollTop - place) / Math.max(8, now - at);
      place = frame.scrollTop;
      at = now;
      this.tell(speed > FAST_PX_PER_MS);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.tell(false), CALM_AFTER_MS);
    };
    frame.addEventListener("scroll", look, { passive: true });
    return () => {
      frame.removeEventListener("scroll", look);
      clearTimeout(this.timer);
    };
  }

  private tell(flying: boolean): void {
    if (flying === this.flying) return;
    this.flying = flying;
    for (const listener of this.listeners) listener();
  }
}

/** Return the flight of a scrolling frame, and whether it flies now. */
export function useFlight(element: RefObject<HTMLElement | null>): [Flight, boolean] {
  const [flight] = useState(() => new Flight());
  useEffect(() => (element.current ? flight.follow(element.current) : undefined), [element, flight]);
  return [flight, useSyncExternalStore(flight.subscribe, () => flight.flying)];
}

/** Return true from the first moment of calm on. */
export function useCalm(flight: Flight): boolean {
  const [calm, setCalm] = useState(!flight.flying);
  useEffect(() => {
    if (calm) return;
    if (!flight.flying) return setCalm(true);
    return flight.subscribe(() => flight.flying || setCalm(true));
  }, [flight, calm]);
  return calm;
}
