/* Pointers, wheel and keys of a stage. Owns the listeners (gone when the signal ends); refuses to change state
   by itself: the stage does. */
import { Gestures, wheelFactor } from "./gestures";
import { actionOf } from "./keys";
import type { Stage } from "./Stage";

export function listen(host: HTMLElement, stage: Stage, signal: AbortSignal): void {
  const gestures = new Gestures({
    panBy: (dx, dy) => stage.panBy(dx, dy),
    zoomAbout: (at, factor) => stage.zoomAbout(at, factor),
    click: (at) => stage.click(at),
    hover: (at) => stage.hover(at),
    dragging: (active) => host.toggleAttribute("data-dragging", active),
  });
  const place = (event: MouseEvent) => {
    const box = host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const pointer = (event: PointerEvent) => ({
    pointerId: event.pointerId,
    button: event.button,
    ...place(event),
  });
  const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) =>
    host.addEventListener(name, act, { signal, passive: false });

  on("pointerdown", (event) => {
    if (event.button === 1) event.preventDefault();
    if (gestures.press(pointer(event))) host.setPointerCapture(event.pointerId);
  });
  on("pointermove", (event) => gestures.move(pointer(event)));
  on("pointerup", (event) => gestures.release(pointer(event)));
  on("pointercancel", () => gestures.cancel());
  on("pointerleave", () => stage.hover(null));
  on("dblclick", () => stage.fit());
  on("wheel", (event) => {
    event.preventDefault();
    stage.zoomAbout(place(event), wheelFactor(event));
  });
  on("keydown", (event) => {
    if (!pressKey(stage, event)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  on("keyup", (event) => {
    const kind = actionOf(event)?.kind;
    if (kind === "blink") stage.blink(false);
    if (kind === "template") stage.compare(false);
  });
  on("blur", () => {
    stage.blink(false);
    stage.compare(false);
  });
}

/** Do what the key asks for; true when it was the viewer's. Tab beyond the last object is not. */
export function pressKey(stage: Stage, event: KeyboardEvent): boolean {
  const action = actionOf(event);
  switch (action?.kind) {
    case "zoom":
      stage.zoomBy(action.factor);
      return true;
    case "fit":
      stage.fit();
      return true;
    case "actual":
      stage.zoomTo(1);
      return true;
    case "pan":
      stage.panBy(action.dx, action.dy);
      return true;
    case "cycle":
      return stage.cycle(action.step);
    case "blink":
      stage.blink(true);
      return true;
    case "template":
      return stage.compare(true);
    case "toggle":
      stage.show({ [action.layer]: !stage.state.shown[action.layer] });
      return true;
    case "leave":
      return stage.leave();
    default:
      return event.key === " ";
  }
}
