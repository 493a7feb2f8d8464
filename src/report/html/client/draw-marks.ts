/** Moments and stretches of time that the page speaks of: a line or a band over all rows, with its name under the axis, and a ring around its fact. */
import type { Mark } from "../data.js";
import { AXIS, type Scene } from "./scene.js";
import type { Theme } from "./theme.js";

type Context = CanvasRenderingContext2D;

export function drawMarks(context: Context, scene: Scene, theme: Theme): void {
  for (const mark of scene.model.data.marks) {
    const [from, to] = [scene.x(mark.from), scene.x(mark.to)];
    if (to < 0 || from > scene.width) continue;
    context.fillStyle = theme.color("accent");
    context.globalAlpha = 0.13;
    if (to - from > 1) context.fillRect(from, AXIS, to - from, scene.height);
    context.globalAlpha = 1;
    context.strokeStyle = theme.color("accent");
    context.lineWidth = 1.5;
    for (const x of to - from > 1 ? [from, to] : [to]) {
      context.beginPath();
      context.moveTo(Math.round(x) + 0.5, AXIS);
      context.lineTo(Math.round(x) + 0.5, scene.height);
      context.stroke();
    }
    ring(context, scene, theme, mark);
  }
  nameMarks(context, scene, theme);
}

function ring(context: Context, scene: Scene, theme: Theme, { fact }: Mark): void {
  const step = fact < 0 ? undefined : scene.model.factStep(fact);
  if (step === undefined) return;
  const y = scene.laneY(scene.model.hostOf(step));
  if (Number.isNaN(y)) return;
  context.strokeStyle = theme.color("accent");
  context.lineWidth = 2.4;
  context.beginPath();
  context.arc(scene.x(scene.model.atOf(step)), y, 11, 0, 2 * Math.PI);
  context.stroke();
}

/**
 * Their names under the axis: each to the left of where it ends, or to the right where another one stands already. On the axis itself
 * are those of violations and the time of what is selected.
 */
function nameMarks(context: Context, scene: Scene, theme: Theme): void {
  const taken: (readonly [from: number, to: number])[] = [];
  for (const { text, to } of scene.model.data.marks) {
    const x = scene.x(to);
    if (x < 0 || x > scene.width) continue;
    const wide = context.measureText(text).width + 10;
    const isFree = (left: number): boolean =>
      left >= 0 && left + wide <= scene.width && taken.every(([a, b]) => left + wide < a || left > b);
    const left = isFree(x - wide) ? x - wide : Math.min(x, scene.width - wide);
    taken.push([left, left + wide]);
    context.fillStyle = theme.color("accent");
    context.beginPath();
    context.roundRect(left, AXIS + 2, wide, 16, 3);
    context.fill();
    context.fillStyle = theme.color("surface");
    context.textAlign = "left";
    context.fillText(text, left + 5, AXIS + 10.5);
  }
}
