/* The selected shape, in SVG above the canvas: later its handles and the draft of a tool come here too. */
import { toScreen, type View } from "../core/transform";
import type { Shape } from "../shapes/shape";

const SVG = "http://www.w3.org/2000/svg";

export class Overlay {
  readonly element: SVGSVGElement;
  private readonly dark: SVGRectElement;
  private readonly bright: SVGRectElement;

  constructor() {
    this.element = document.createElementNS(SVG, "svg");
    this.element.setAttribute("aria-hidden", "true");
    this.dark = this.rect("dark");
    this.bright = this.rect("bright");
  }

  show(shape: Shape | null, view: View): void {
    this.element.style.display = shape ? "block" : "none";
    if (!shape) return;
    const { x, y } = toScreen(view, shape);
    for (const rect of [this.dark, this.bright]) {
      rect.setAttribute("x", String(x - 4));
      rect.setAttribute("y", String(y - 4));
      rect.setAttribute("width", String(shape.width * view.scale + 8));
      rect.setAttribute("height", String(shape.height * view.scale + 8));
    }
  }

  private rect(part: string): SVGRectElement {
    const rect = document.createElementNS(SVG, "rect");
    rect.dataset.part = part;
    rect.setAttribute("rx", "3");
    return this.element.appendChild(rect);
  }
}
