/* Says when a person scrolls so fast that nothing can be seen: then nothing is asked for either. */
import { type RefObject, useEffect, useState } from "react";

const FAST_PX_PER_MS = 4;
const CALM_AFTER_MS = 100;

export function useFlying(element: RefObject<HTMLElement | null>): boolean {
  const [flying, setFlying] = useState(false);
  useEffect(() => {
    const frame = element.current;
    if (!frame) return;
    let place = frame.scrollTop;
    let at = performance.now();
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      const now = performance.now();
      const speed = Math.abs(frame.scrollTop - place) / Math.max(8, now - at);
      place = frame.scrollTop;
      at = now;
      setFlying(speed > FAST_PX_PER_MS);
      clearTimeout(timer);
      timer = setTimeout(() => setFlying(false), CALM_AFTER_MS);
    };
    frame.addEventListener("scroll", look, { passive: true });
    return () => {
      frame.removeEventListener("scroll", look);
      clearTimeout(timer);
    };
  }, [element]);
  return flying;
}
