/**
 * The whole run in a strip above the diagram: how much happened when, when faults were active, where properties were
 * violated, and which part is looked at. The part is moved and chosen by dragging.
 */
import type { Model } from "./model.js";
import { fitCanvas } from "./surface.js";
import type { Theme } from "./theme.js";
import { clamped, type View } from "./view.js";

const HEIGHT = 46;
const FAULTS_HEIGHT = 8;

export class Overview {
  readonly #canvas: HTMLCanvasElement;
  readonly #model: Model;
  #view: View;
  #counts: readonly number[] = [];
  #counted: readonly number[] | undefined;
  #countedWidth = 0;

  constructor(canvas: HTMLCanvasElement, model: Model, onView: (view: View) => void) {
    this.#canvas = canvas;
    this.#model = model;
    this.#view = { from: 0, to: model.data.duration };
    this.#listen(onView);
  }

  draw(view: View, theme: Theme): void {
    this.#view = view;
    const { context, width } = fitCanvas(this.#canvas, this.#canvas.clientWidth, HEIGHT);
    const { data } = this.#model;
    const x = (at: number): number => (at / Math.max(1, data.duration)) * width;
    context.clearRect(0, 0, width, HEIGHT);
    const counts = this.#countsFor(width);
    const most = counts.reduce((max, count) => Math.max(max, count), 1);
    const room = HEIGHT - FAULTS_HEIGHT - 4;
    context.fillStyle = theme.color("faint");
    counts.forEach((count, bucket) => {
      const tall = count === 0 ? 0 : Math.max(1, Math.sqrt(count / most) * room);
      context.fillRect(bucket * 2, room + 2 - tall, 1.5, tall);
    });
    for (const fault of data.faults) {
      context.fillStyle = theme.fault(fault.kind);
      context.globalAlpha = fault.fired < 0 ? 0.15 : 0.5;
      context.fillRect(
        x(fault.from),
        HEIGHT - FAULTS_HEIGHT,
        Math.max(2, x(fault.to) - x(fault.from)),
        FAULTS_HEIGHT - 2,
      );
    }
    context.globalAlpha = 1;
    for (const { at, declared } of data.violations) {
      context.fillStyle = theme.color(declared ? "warn" : "bad");
      context.fillRect(x(at) - 1, 0, 2, HEIGHT);
    }
    const left = x(view.from);
    const right = Math.max(left + 3, x(view.to));
    context.fillStyle = theme.color("surface");
    context.globalAlpha = 0.6;
    context.fillRect(0, 0, left, HEIGHT);
    context.fillRect(right, 0, width - right, HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = theme.color("accent");
    context.lineWidth = 1.5;
    context.strokeRect(left + 0.75, 0.75, Math.max(2, right - left - 1.5), HEIGHT - 1.5);
  }

  /** How many steps are shown in each two pixels; kept until the filter or the width changes. */
  #countsFor(width: number): readonly number[] {
    const { visible, data } = this.#model;
    if (this.#counted === visible && this.#countedWidth === width) return this.#counts;
    const counts = new Array<number>(Math.max(1, Math.ceil(width / 2))).fill(0);
    const scale = width / Math.max(1, data.duration) / 2;
    for (const step of visible) {
      const bucket = Math.min(counts.length - 1, Math.floor(this.#model.atOf(step) * scale));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    this.#counted = visible;
    this.#countedWidth = width;
    this.#counts = counts;
    return counts;
  }

  #listen(onView: (view: View) => void): void {
    const canvas = this.#canvas;
    const { duration } = this.#model.data;
    const timeAt = (event: PointerEvent): number => {
      const box = canvas.getBoundingClientRect();
      return ((event.clientX - box.left) / Math.max(1, box.width)) * duration;
    };
    let start: { readonly at: number; readonly view: View; readonly inside: boolean } | undefined;
    canvas.addEventListener("pointerdown", (event) => {
      const at = timeAt(event);
      const view = this.#view;
      const isAll = view.to - view.from > duration * 0.98;
      start = { at, view, inside: at >= view.from && at <= view.to && !isAll };
      canvas.setPointerCapture(event.pointerId);
      if (start.inside) return;
      const span = isAll ? duration / 10 : view.to - view.from;
      onView(clamped({ from: at - span / 2, to: at + span / 2 }, duration));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (start === undefined) return;
      const at = timeAt(event);
      if (start.inside) {
        const { view } = start;
        onView(clamped({ from: view.from + at - start.at, to: view.to + at - start.at }, duration));
      } else if (Math.abs(at - start.at) > duration / 200) {
        onView(clamped({ from: Math.min(at, start.at), to: Math.max(at, start.at) }, duration));
      }
    });
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, () => {
        start = undefined;
      });
    }
  }
}
