/* Draws image and shapes on a canvas. Owns how they look; decides nothing: what is shown comes with the call. */
import { type Rect, type Size, toScreen, type View, visiblePart } from "../core/transform";
import type { Layer, Shape } from "../shapes/shape";
import { levelFor, type Pyramid } from "./pyramid";

export interface Ink {
  grid: string;
  halo: string;
  truth: string;
  prediction: string;
  font: string;
}

export interface Frame extends Size {
  /** Device pixels for a CSS pixel. */
  ratio: number;
}

export const PIXEL_GRID_FROM = 8;
const PIXELATED_FROM = 3;
const DASH = [7, 5];
const MAX_LABELS = 150;
const LABEL_PX = 13;

export function paintImage(
  pen: CanvasRenderingContext2D,
  pyramid: Pyramid,
  view: View,
  frame: Frame,
  look: { moving: boolean; grid: string },
): void {
  const { moving } = look;
  const part = visiblePart(view, pyramid, frame);
  const steps = pyramid.levels.map(({ step }) => step);
  const level = pyramid.levels[levelFor(steps, view.scale * frame.ratio, moving)];
  if (!part || !level) return;
  const crisp = view.scale >= PIXELATED_FROM;
  pen.imageSmoothingEnabled = !crisp;
  pen.imageSmoothingQuality = moving ? "low" : "high";
  const at = toScreen(view, part);
  const { bitmap, step } = level;
  pen.drawImage(
    bitmap,
    part.x / step,
    part.y / step,
    Math.min(part.width / step, bitmap.width - part.x / step),
    Math.min(part.height / step, bitmap.height - part.y / step),
    at.x,
    at.y,
    part.width * view.scale,
    part.height * view.scale,
  );
  if (view.scale >= PIXEL_GRID_FROM && !moving) paintGrid(pen, view, part, look.grid);
}

function paintGrid(pen: CanvasRenderingContext2D, view: View, part: Rect, grid: string): void {
  pen.beginPath();
  const start = toScreen(view, part);
  const end = toScreen(view, { x: part.x + part.width, y: part.y + part.height });
  for (let column = part.x; column <= part.x + part.width; column++) {
    const x = Math.round(column * view.scale + view.x) + 0.5;
    pen.moveTo(x, start.y);
    pen.lineTo(x, end.y);
  }
  for (let row = part.y; row <= part.y + part.height; row++) {
    const y = Math.round(row * view.scale + view.y) + 0.5;
    pen.moveTo(start.x, y);
    pen.lineTo(end.x, y);
  }
  pen.globalAlpha = 0.45;
  pen.lineWidth = 1;
  pen.strokeStyle = grid;
  pen.stroke();
  pen.globalAlpha = 1;
}

/** Draw each outline twice, dark then colour: a coloured line alone vanishes on grey metal. */
export function paintShapes(
  pen: CanvasRenderingContext2D,
  shapes: readonly Shape[],
  view: View,
  frame: Frame,
  ink: Ink,
  strong = false,
): void {
  const paths = { truth: new Path2D(), prediction: new Path2D() };
  for (const shape of shapes) {
    if (!isInSight(shape, view, frame)) continue;
    const { x, y } = toScreen(view, shape);
    paths[shape.layer].rect(x, y, shape.width * view.scale, shape.height * view.scale);
  }
  pen.lineJoin = "round";
  pen.setLineDash([]);
  pen.lineWidth = strong ? 6 : 4;
  pen.strokeStyle = ink.halo;
  pen.stroke(paths.truth);
  pen.stroke(paths.prediction);
  // Truth shows through the gaps of a prediction that agrees with it.
  pen.lineWidth = strong ? 3.5 : 2;
  pen.strokeStyle = ink.truth;
  pen.stroke(paths.truth);
  pen.setLineDash(DASH);
  pen.strokeStyle = ink.prediction;
  pen.stroke(paths.prediction);
  pen.setLineDash([]);
}

function isInSight(shape: Shape, view: View, frame: Frame): boolean {
  const { x, y } = toScreen(view, shape);
  return (
    x <= frame.width &&
    y <= frame.height &&
    x + shape.width * view.scale >= 0 &&
    y + shape.height * view.scale >= 0
  );
}

interface Placed {
  left: number;
  top: number;
  width: number;
}

/** Write class and score at the shapes: truth above its box, prediction below. What would cover another
    label is left out until there is room; `first` comes before all. */
export function paintLabels(
  pen: CanvasRenderingContext2D,
  shapes: readonly Shape[],
  view: View,
  frame: Frame,
  look: { ink: Ink; tell: (shape: Shape) => string; first: string | null },
): void {
  pen.font = `600 ${LABEL_PX}px ${look.ink.font}`;
  pen.textBaseline = "top";
  const placed: Placed[] = [];
  const widths = new Map<string, number>();
  const order = [...shapes].sort((a, b) => Number(b.id === look.first) - Number(a.id === look.first));
  for (const shape of order) {
    if (placed.length >= MAX_LABELS) return;
    if (!isInSight(shape, view, frame)) continue;
    const { x, y } = toScreen(view, shape);
    const bottom = y + shape.height * view.scale;
    const text = look.tell(shape);
    const width = widths.get(text) ?? pen.measureText(text).width + 10;
    widths.set(text, width);
    const wanted = shape.layer === "truth" ? y - LABEL_PX - 9 : bottom + 4;
    const top = Math.max(0, Math.min(frame.height - LABEL_PX - 6, wanted));
    const left = Math.max(0, Math.min(frame.width - width, x));
    if (placed.some((other) => covers(other, { left, top, width }))) continue;
    placed.push({ left, top, width });
    paintLabel(pen, text, { left, top, width }, look.ink, shape.layer);
  }
}

function covers(a: Placed, b: Placed): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && Math.abs(a.top - b.top) < LABEL_PX + 6;
}

function paintLabel(
  pen: CanvasRenderingContext2D,
  text: string,
  place: Placed,
  ink: Ink,
  layer: Layer,
): void {
  pen.globalAlpha = 0.86;
  pen.fillStyle = ink.halo;
  pen.fillRect(place.left, place.top, place.width, LABEL_PX + 5);
  pen.globalAlpha = 1;
  pen.fillStyle = ink[layer];
  pen.fillText(text, place.left + 5, place.top + 3);
}
