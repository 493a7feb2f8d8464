/** What moves above the drawing: the cursor with its time, the selected step with its causes, and what lies under the pointer. */
import { FONT } from "./draw.js";
import { packetLine } from "./lines.js";
import type { Picked } from "./pick.js";
import { AXIS, type Scene } from "./scene.js";
import type { Theme } from "./theme.js";
import { seconds } from "./view.js";

type Context = CanvasRenderingContext2D;

export function drawOverlay(
  context: Context,
  scene: Scene,
  theme: Theme,
  selected: number | undefined,
  hovered: Picked | undefined,
): void {
  context.clearRect(0, 0, scene.width, scene.height);
  context.font = FONT;
  context.textBaseline = "middle";
  context.save();
  context.beginPath();
  context.rect(0, AXIS, scene.width, scene.height - AXIS);
  context.clip();
  const accent = theme.color("accent");
  if (hovered !== undefined) drawHovered(context, scene, theme, hovered);
  if (selected !== undefined) {
    drawCursor(context, scene, accent, scene.x(scene.model.atOf(selected)));
    drawCauses(context, scene, accent, selected);
    markStep(context, scene, selected, accent, 2.4);
  }
  context.restore();
  if (selected !== undefined) drawTime(context, scene, theme, scene.model.atOf(selected));
}

function drawCursor(context: Context, scene: Scene, color: string, x: number): void {
  context.strokeStyle = color;
  context.globalAlpha = 0.8;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, AXIS);
  context.lineTo(Math.round(x) + 0.5, scene.height);
  context.stroke();
  context.globalAlpha = 1;
}

function drawTime(context: Context, scene: Scene, theme: Theme, at: number): void {
  const x = scene.x(at);
  if (x < -1 || x > scene.width + 1) return;
  const text = `${seconds(at)} s`;
  const wide = context.measureText(text).width + 12;
  const left = Math.min(Math.max(0, x - wide / 2), scene.width - wide);
  context.fillStyle = theme.color("accent");
  context.beginPath();
  context.roundRect(left, 3, wide, 19, 4);
  context.fill();
  context.fillStyle = theme.color("surface");
  context.textAlign = "left";
  context.fillText(text, left + 6, 13);
}

/** A packet as a strong arrow, a fact or the end of a packet as a ring. */
function markStep(context: Context, scene: Scene, step: number, color: string, width: number): void {
  const { model } = scene;
  context.strokeStyle = color;
  context.lineWidth = width;
  const row = model.rowOf(step);
  let x = scene.x(model.atOf(step));
  let y = scene.laneY(model.hostOf(step));
  if (model.kindOf(step) !== "fact") {
    const line = packetLine(scene, row);
    if (line !== undefined) {
      context.beginPath();
      context.moveTo(line.x0, line.y0);
      context.lineTo(line.x1, line.y1);
      context.stroke();
      if (model.kindOf(step) === "end") [x, y] = [line.x1, line.y1];
    }
  }
  if (Number.isNaN(y)) return;
  context.beginPath();
  context.arc(x, y, model.kindOf(step) === "fact" ? 8 : 5, 0, 2 * Math.PI);
  context.stroke();
}

/** A dashed line from what caused it, along the packets that carried it. */
function drawCauses(context: Context, scene: Scene, color: string, selected: number): void {
  const { model } = scene;
  if (model.kindOf(selected) !== "fact") return;
  const cause = model.causeOf(selected);
  if (cause === undefined) return;
  context.strokeStyle = color;
  context.globalAlpha = 0.7;
  context.lineWidth = 1.4;
  context.setLineDash([4, 3]);
  context.beginPath();
  const point = (step: number, begin: boolean): void => {
    const x = scene.x(model.atOf(step));
    const y = scene.laneY(model.hostOf(step));
    if (Number.isNaN(y)) return;
    if (begin) context.moveTo(x, y);
    else context.lineTo(x, y);
  };
  point(selected, true);
  for (const row of model.carriersOf(model.rowOf(selected))) {
    point(3 * row + 2, false);
    const sending = model.sendingOf(row);
    if (sending !== undefined) point(sending, false);
  }
  point(cause, false);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function drawHovered(context: Context, scene: Scene, theme: Theme, hovered: Picked): void {
  switch (hovered.type) {
    case "step":
      markStep(context, scene, hovered.step, theme.color("text"), 1.6);
      return;
    case "fault": {
      const fault = scene.model.data.faults[hovered.fault];
      if (fault === undefined) return;
      const x = scene.x(fault.from);
      const wide = Math.max(3, scene.x(fault.to) - x);
      context.fillStyle = theme.fault(fault.kind);
      context.globalAlpha = 0.16;
      for (const host of fault.hosts) {
        const y = scene.laneY(host);
        if (!Number.isNaN(y)) context.fillRect(x, y - 14, wide, 28);
      }
      context.globalAlpha = 1;
      return;
    }
    case "disk":
      return; // its tip says enough
    case "segment": {
      const segment = scene.model.data.strips[hovered.strip]?.segments[hovered.segment];
      const y = scene.laneY(segment?.host ?? -1);
      if (segment === undefined || Number.isNaN(y)) return;
      const x = scene.x(segment.from);
      context.fillStyle = theme.host(segment.host);
      context.globalAlpha = 0.25;
      context.fillRect(x, y - 14, Math.max(3, scene.x(segment.to) - x), 28);
      context.globalAlpha = 1;
    }
  }
}
