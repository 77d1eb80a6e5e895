/* Pointers to gestures: one pointer drags or clicks, two pinch. Owns which pointers are down; refuses to know
   what lies under them. Tools of an editor come in here: with one active, a plain drag is theirs, while the
   middle button and Space still pan. */
import type { Point } from "../core/transform";

export interface GestureTarget {
  panBy(dx: number, dy: number): void;
  zoomAbout(at: Point, factor: number): void;
  click(at: Point): void;
  hover(at: Point | null): void;
  dragging(active: boolean): void;
}

interface PointerLike {
  pointerId: number;
  button: number;
  x: number;
  y: number;
}

const CLICK_PX = 4;

export class Gestures {
  private readonly down = new Map<number, Point>();
  private start: Point | null = null;
  private moved = false;

  constructor(private readonly target: GestureTarget) {}

  press({ pointerId, button, x, y }: PointerLike): boolean {
    if (button > 1) return false;
    this.down.set(pointerId, { x, y });
    this.start = { x, y };
    this.moved = this.down.size > 1 || button === 1;
    return true;
  }

  move({ pointerId, x, y }: PointerLike): void {
    const before = this.down.get(pointerId);
    if (!before) return this.target.hover({ x, y });
    if (!this.moved && this.start && Math.hypot(x - this.start.x, y - this.start.y) < CLICK_PX) return;
    if (!this.moved) this.target.dragging(true);
    this.moved = true;
    const other = [...this.down].find(([id]) => id !== pointerId)?.[1];
    this.down.set(pointerId, { x, y });
    if (!other) return this.target.panBy(x - before.x, y - before.y);
    const middle = { x: (x + other.x) / 2, y: (y + other.y) / 2 };
    const was = { x: (before.x + other.x) / 2, y: (before.y + other.y) / 2 };
    const spread = Math.hypot(before.x - other.x, before.y - other.y);
    this.target.panBy(middle.x - was.x, middle.y - was.y);
    if (spread > 1) this.target.zoomAbout(middle, Math.hypot(x - other.x, y - other.y) / spread);
  }

  release({ pointerId, x, y }: PointerLike): void {
    if (!this.down.delete(pointerId) || this.down.size) return;
    if (!this.moved) this.target.click({ x, y });
    this.target.dragging(false);
    this.start = null;
  }

  cancel(): void {
    this.down.clear();
    this.start = null;
    this.target.dragging(false);
  }
}

/** Return the zoom factor of a turn of the wheel; a pinch on a touch pad comes as a wheel with Ctrl. */
export function wheelFactor(event: { deltaY: number; deltaMode: number; ctrlKey: boolean }): number {
  const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
  const turn = Math.max(-300, Math.min(300, pixels));
  return Math.exp(-turn * (event.ctrlKey ? 0.01 : 0.002));
}
