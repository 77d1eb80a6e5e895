/* Keys of the viewer. Letters by `event.key`, so that AZERTY works; digits also by `event.code`. */

export type KeyAction =
  | { kind: "zoom"; factor: number }
  | { kind: "fit" }
  | { kind: "actual" }
  | { kind: "pan"; dx: number; dy: number }
  | { kind: "cycle"; step: 1 | -1 }
  | { kind: "blink" }
  | { kind: "template" }
  | { kind: "toggle"; layer: "truth" | "prediction" }
  | { kind: "leave" };

interface KeyLike {
  key: string;
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

export const ZOOM_STEP = 1.25;
const PAN_PX = 60;
const PAN_FAR_PX = 240;

/** Return what the key asks for, null when it is not the viewer's. */
export function actionOf(event: KeyLike): KeyAction | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const far = event.shiftKey ? PAN_FAR_PX : PAN_PX;
  switch (event.key) {
    case "+":
    case "=":
      return { kind: "zoom", factor: ZOOM_STEP };
    case "-":
    case "_":
      return { kind: "zoom", factor: 1 / ZOOM_STEP };
    case "ArrowLeft":
      return { kind: "pan", dx: far, dy: 0 };
    case "ArrowRight":
      return { kind: "pan", dx: -far, dy: 0 };
    case "ArrowUp":
      return { kind: "pan", dx: 0, dy: far };
    case "ArrowDown":
      return { kind: "pan", dx: 0, dy: -far };
    case "Tab":
      return { kind: "cycle", step: event.shiftKey ? -1 : 1 };
    case "Escape":
      return { kind: "leave" };
  }
  if (event.key === "0" || event.code === "Digit0" || event.code === "Numpad0") return { kind: "fit" };
  if (event.key === "1" || event.code === "Digit1" || event.code === "Numpad1") return { kind: "actual" };
  switch (event.key.toLowerCase()) {
    case "b":
      return { kind: "blink" };
    case "r":
      return { kind: "template" };
    case "t":
      return { kind: "toggle", layer: "truth" };
    case "p":
      return { kind: "toggle", layer: "prediction" };
  }
  return null;
}
