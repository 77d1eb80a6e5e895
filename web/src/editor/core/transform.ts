/* Where the image lies on the screen. Owns the one affine map between image pixels and CSS pixels; refuses
   rotation: images are upright when they are decoded. */

export interface Point {
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}
export interface Rect extends Point, Size {}

/** screen = image * scale + (x, y) */
export interface View {
  scale: number;
  x: number;
  y: number;
}

export const MAX_SCALE = 64;
const FIT_MARGIN_PX = 12;
const KEPT_IN_SIGHT_PX = 48;

/** Return the view that shows the whole image in the middle of the frame, never larger than `most` times. */
export function fit(image: Size, frame: Size, most = MAX_SCALE): View {
  const room = { width: frame.width - 2 * FIT_MARGIN_PX, height: frame.height - 2 * FIT_MARGIN_PX };
  const scale = Math.min(
    most,
    Math.max(1e-3, Math.min(room.width / image.width, room.height / image.height)),
  );
  return {
    scale,
    x: (frame.width - image.width * scale) / 2,
    y: (frame.height - image.height * scale) / 2,
  };
}

/** Return the view whose scale is `factor` times, with the same image point under `at`. */
export function zoomAbout(view: View, at: Point, factor: number, least: number): View {
  const scale = Math.min(MAX_SCALE, Math.max(least, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio };
}

export function panBy(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x + dx, y: view.y + dy };
}

/** Return the view moved as little as needed so that a part of the image stays in the frame. */
export function keepInSight(view: View, image: Size, frame: Size): View {
  const place = (start: number, length: number, room: number) => {
    const kept = Math.min(KEPT_IN_SIGHT_PX, length, room);
    return Math.min(room - kept, Math.max(kept - length, start));
  };
  return {
    scale: view.scale,
    x: place(view.x, image.width * view.scale, frame.width),
    y: place(view.y, image.height * view.scale, frame.height),
  };
}

/** Return the view that brings `box` (image pixels) to the middle when it is out of the frame. */
export function reveal(view: View, box: Rect, frame: Size): View {
  const start = toScreen(view, box);
  const end = toScreen(view, { x: box.x + box.width, y: box.y + box.height });
  if (start.x >= 0 && start.y >= 0 && end.x <= frame.width && end.y <= frame.height) return view;
  return panBy(view, frame.width / 2 - (start.x + end.x) / 2, frame.height / 2 - (start.y + end.y) / 2);
}

export function toImage(view: View, point: Point): Point {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}

export function toScreen(view: View, point: Point): Point {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
}

/** Return the part of the image (whole pixels, image coordinates) that is in the frame; null when none is. */
export function visiblePart(view: View, image: Size, frame: Size): Rect | null {
  const start = toImage(view, { x: 0, y: 0 });
  const end = toImage(view, { x: frame.width, y: frame.height });
  const x = Math.max(0, Math.floor(start.x));
  const y = Math.max(0, Math.floor(start.y));
  const width = Math.min(image.width, Math.ceil(end.x)) - x;
  const height = Math.min(image.height, Math.ceil(end.y)) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}
