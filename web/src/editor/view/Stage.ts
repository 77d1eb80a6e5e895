/* The viewer without a framework: one canvas, one overlay, a view, and what is shown. Owns the drawing
   loop and the state; refuses to fetch anything and to know React. `subscribe` tells of every change. */
import { allAt, nextOf, type Shown, shownOf, smallestAt } from "../core/hit";
import * as transform from "../core/transform";
import type { Point, Size, View } from "../core/transform";
import type { Shape } from "../shapes/shape";
import { listen } from "./input";
import { Overlay } from "./overlay";
import { type Frame, type Ink, paintImage, paintLabels, paintShapes } from "./paint";
import type { Pyramid } from "./pyramid";

export interface StageState {
  view: View;
  hovered: string | null;
  selected: string | null;
  /** All shapes are hidden while the key is held. */
  blinking: boolean;
  /** The template stands in the image's place while the key is held. */
  comparing: boolean;
  shown: Shown;
}

const SHARP_AFTER_MS = 120;
const REACH_PX = 4;
const MANY = 300;

export class Stage {
  state: StageState = {
    view: { scale: 1, x: 0, y: 0 },
    hovered: null,
    selected: null,
    blinking: false,
    comparing: false,
    shown: { truth: true, prediction: true, minScore: 0 },
  };
  private readonly canvas = document.createElement("canvas");
  private readonly overlay = new Overlay();
  private readonly listeners = new Set<() => void>();
  private readonly ends = new AbortController();
  private readonly observer = new ResizeObserver(() => this.resize());
  private size: Size = { width: 1, height: 1 };
  private frame: Frame = { width: 1, height: 1, ratio: 1 };
  private picture: Pyramid | null = null;
  private template: Pyramid | null = null;
  private shapes: readonly Shape[] = [];
  private ink: Ink | null = null;
  private tell: (shape: Shape) => string = (shape) => shape.label;
  private fitted = true;
  private moving = false;
  private drawing = 0;
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: HTMLElement) {
    host.append(this.canvas, this.overlay.element);
    this.observer.observe(host);
    listen(host, this, this.ends.signal);
    this.resize();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  destroy(): void {
    this.ends.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.drawing);
    clearTimeout(this.settling);
    this.canvas.remove();
    this.overlay.element.remove();
  }

  /** Show another image; `keepView` leaves zoom and place as they are, when the sizes are the same. */
  setPicture(picture: Pyramid | null, size: Size, keepView = false): void {
    const same = size.width === this.size.width && size.height === this.size.height;
    this.picture = picture;
    this.size = size;
    if (!same || !keepView) this.fit();
    this.draw();
  }

  setTemplate(template: Pyramid | null): void {
    this.template = template;
    this.draw();
  }

  setShapes(shapes: readonly Shape[], tell: (shape: Shape) => string): void {
    this.shapes = shapes;
    this.tell = tell;
    const known = (id: string | null) => (shapes.some((shape) => shape.id === id) ? id : null);
    this.change({ hovered: known(this.state.hovered), selected: known(this.state.selected) });
  }

  setInk(ink: Ink): void {
    this.ink = ink;
    this.draw();
  }

  show(shown: Partial<Shown>): void {
    this.change({ shown: { ...this.state.shown, ...shown } });
  }

  fit = (): void => {
    this.fitted = true;
    this.change({ view: transform.fit(this.size, this.frame) });
  };

  /** Show the image at `scale` CSS pixels for an image pixel, about the middle of the frame. */
  zoomTo(scale: number): void {
    this.zoomAbout(this.middle(), scale / this.state.view.scale);
  }

  zoomBy = (factor: number): void => this.zoomAbout(this.middle(), factor);

  /** Take over the view of another stage (side by side). */
  follow(view: View): void {
    const { scale, x, y } = this.state.view;
    if (view.scale !== scale || view.x !== x || view.y !== y) this.move(view);
  }

  select(id: string | null): void {
    const shape = this.shapes.find((one) => one.id === id);
    const view = shape ? transform.reveal(this.state.view, shape, this.frame) : this.state.view;
    if (view !== this.state.view) this.fitted = false;
    this.change({ selected: shape ? shape.id : null, view });
  }

  /** Go to the next object; false beyond the last one, so that Tab leaves the viewer. */
  cycle(step: 1 | -1): boolean {
    const next = nextOf(this.visible(), this.state.selected, step);
    this.select(next?.id ?? null);
    return next !== null;
  }

  blink(blinking: boolean): void {
    if (blinking !== this.state.blinking) this.change({ blinking });
  }

  /** Put the template in the image's place; false when there is none. */
  compare(comparing: boolean): boolean {
    const possible = comparing && this.template !== null;
    if (possible !== this.state.comparing) this.change({ comparing: possible });
    return this.template !== null;
  }

  /** Let the selected object go; false when none was. */
  leave(): boolean {
    const had = this.state.selected !== null;
    this.select(null);
    return had;
  }

  panBy(dx: number, dy: number): void {
    this.move(transform.panBy(this.state.view, dx, dy));
  }

  private middle(): Point {
    return { x: this.frame.width / 2, y: this.frame.height / 2 };
  }

  private visible(): Shape[] {
    return this.state.blinking ? [] : shownOf(this.shapes, this.state.shown);
  }

  zoomAbout(at: Point, factor: number): void {
    const least = Math.min(1, transform.fit(this.size, this.frame).scale) / 2;
    this.move(transform.zoomAbout(this.state.view, at, factor, least));
  }

  move(view: View): void {
    this.fitted = false;
    this.moving = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.moving = false;
      this.draw();
    }, SHARP_AFTER_MS);
    this.change({ view: transform.keepInSight(view, this.size, this.frame) });
  }

  hover(at: Point | null): void {
    const { view } = this.state;
    const under = at && smallestAt(this.visible(), transform.toImage(view, at), REACH_PX / view.scale);
    if ((under?.id ?? null) !== this.state.hovered) this.change({ hovered: under?.id ?? null });
  }

  click(at: Point): void {
    const { view, selected } = this.state;
    const under = allAt(this.visible(), transform.toImage(view, at), REACH_PX / view.scale);
    const next = under[under.findIndex((shape) => shape.id === selected) + 1] ?? under[0];
    this.change({ selected: next?.id ?? null });
  }

  private resize(): void {
    const { width, height } = this.host.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    this.frame = { width: Math.max(1, width), height: Math.max(1, height), ratio };
    this.canvas.width = Math.round(this.frame.width * ratio);
    this.canvas.height = Math.round(this.frame.height * ratio);
    if (this.fitted) return this.fit();
    this.change({ view: transform.keepInSight(this.state.view, this.size, this.frame) });
  }

  private change(part: Partial<StageState>): void {
    this.state = { ...this.state, ...part };
    this.draw();
    for (const listener of this.listeners) listener();
  }

  private draw(): void {
    if (this.drawing || this.ends.signal.aborted) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.paint();
    });
  }

  private paint(): void {
    const pen = this.canvas.getContext("2d");
    if (!pen || !this.ink) return;
    const { frame, ink } = this;
    const { view, hovered, selected, comparing } = this.state;
    pen.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
    pen.clearRect(0, 0, frame.width, frame.height);
    const picture = comparing ? this.template : this.picture;
    if (picture) paintImage(pen, picture, view, frame, { moving: this.moving, grid: ink.grid });
    const shapes = this.visible();
    const strong = shapes.filter((shape) => shape.id === hovered);
    paintShapes(pen, shapes, view, frame, ink);
    paintShapes(pen, strong, view, frame, ink, true);
    // Many labels come when the movement rests; the one that is pointed at stays.
    const labelled = this.moving && shapes.length > MANY ? strong : shapes;
    paintLabels(pen, labelled, view, frame, { ink, tell: this.tell, first: hovered ?? selected });
    this.overlay.show(shapes.find((shape) => shape.id === selected) ?? null, view);
  }
}
