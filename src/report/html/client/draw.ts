/**
 * Draws the diagram. Only what can be seen is drawn, and where many arrows would cover the same pixels one is drawn for
 * all of them, so that the time it takes depends on the size of the picture and not on the length of the run.
 */
import { drawDisk } from "./draw-disks.js";
import { drawMarks } from "./draw-marks.js";
import { fitted } from "./fitted.js";
import { packetLine } from "./lines.js";
import type { Row } from "./rows.js";
import { AXIS, type Scene } from "./scene.js";
import { factStyle, MESSAGE_COLORS, type Shape, type Theme, trace } from "./theme.js";
import { ticks } from "./view.js";

type Context = CanvasRenderingContext2D;

/** From so many arrows on they are drawn as hairlines, without heads. */
const MANY_ARROWS = 900;
/** Up to so many arrows have their names written along them. */
const NAMED_ARROWS = 45;
/** From so many facts on their marks are small. */
const MANY_FACTS = 700;

export const FONT = '11px system-ui, -apple-system, "Segoe UI", sans-serif';

export function drawScene(context: Context, scene: Scene, theme: Theme): void {
  const { width, height } = scene;
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = "middle";
  context.save();
  context.beginPath();
  context.rect(0, AXIS, width, height - AXIS);
  context.clip();
  drawGround(context, scene, theme);
  for (const row of rowsInSight(scene)) drawRow(context, scene, theme, row);
  drawOutages(context, scene, theme);
  drawPackets(context, scene, theme);
  drawDisks(context, scene, theme);
  drawFacts(context, scene, theme);
  drawViolations(context, scene, theme);
  drawMarks(context, scene, theme);
  context.restore();
  drawAxis(context, scene, theme);
}

function rowsInSight(scene: Scene): readonly Row[] {
  return scene.rows.rows.filter(({ y, height }) => {
    const top = scene.y(y);
    return top + height > AXIS && top < scene.height;
  });
}

/** The quiet period, and the times at which hosts themselves were struck. */
function drawGround(context: Context, scene: Scene, theme: Theme): void {
  const { data } = scene.model;
  const quiet = scene.x(data.healAt);
  if (quiet < scene.width) {
    context.fillStyle = theme.color("quiet");
    context.fillRect(quiet, AXIS, scene.width - quiet, scene.height);
  }
  context.strokeStyle = theme.color("grid");
  context.lineWidth = 1;
  context.beginPath();
  for (const { at } of ticks(scene.view, scene.width, 110)) {
    const x = Math.round(scene.x(at)) + 0.5;
    context.moveTo(x, AXIS);
    context.lineTo(x, scene.height);
  }
  context.stroke();
  for (const fault of data.faults) {
    if (!fault.onHosts || fault.fired < 0 || fault.to < scene.view.from || fault.from > scene.view.to)
      continue;
    context.fillStyle = theme.fault(fault.kind);
    context.globalAlpha = 0.12;
    const x = scene.x(fault.from);
    const wide = Math.max(2, scene.x(fault.to) - x);
    for (const host of fault.hosts) {
      const y = scene.laneY(host);
      if (!Number.isNaN(y)) context.fillRect(x, y - 13, wide, 26);
    }
  }
  context.globalAlpha = 1;
}

function drawRow(context: Context, scene: Scene, theme: Theme, row: Row): void {
  const top = scene.y(row.y);
  switch (row.type) {
    case "heading":
      context.strokeStyle = theme.color("line");
      context.beginPath();
      context.moveTo(0, Math.round(top) + 0.5);
      context.lineTo(scene.width, Math.round(top) + 0.5);
      context.stroke();
      return;
    case "faults":
      for (const index of row.faults) drawFault(context, scene, theme, index, top, row.height);
      return;
    case "strip":
      drawStrip(context, scene, theme, row.strip, row.segments, top, row.height);
      return;
    case "disk":
      return; // above the arrows: its words would be crossed out
    case "world":
    case "host": {
      const y = Math.round(top + row.height / 2) + 0.5;
      context.strokeStyle = theme.color(row.type === "host" ? "lane" : "grid");
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(scene.width, y);
      context.stroke();
    }
  }
}

function drawFault(
  context: Context,
  scene: Scene,
  theme: Theme,
  index: number,
  top: number,
  height: number,
): void {
  const fault = scene.model.data.faults[index];
  if (fault === undefined || fault.to < scene.view.from || fault.from > scene.view.to) return;
  const color = theme.fault(fault.kind);
  const x = Math.max(-4, scene.x(fault.from));
  const wide = Math.max(3, Math.min(scene.width + 4, scene.x(fault.to)) - x);
  const fired = fault.fired >= 0;
  context.beginPath();
  context.roundRect(x, top + 1.5, wide, height - 3, 2.5);
  context.fillStyle = color;
  context.globalAlpha = fired ? 0.14 : 0.04;
  context.fill();
  context.fillStyle = theme.faultFill(context, fault.kind);
  context.globalAlpha = fired ? 0.3 : 0.06;
  context.fill();
  context.globalAlpha = fired ? 0.9 : 0.5;
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.setLineDash(fired ? [] : [3, 3]);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  label(
    context,
    fired ? fault.text : `${fault.text} (no effect)`,
    x,
    wide,
    top + height / 2,
    theme.color("text"),
  );
}

function drawStrip(
  context: Context,
  scene: Scene,
  theme: Theme,
  strip: number,
  segments: readonly number[],
  top: number,
  height: number,
): void {
  for (const index of segments) {
    const segment = scene.model.data.strips[strip]?.segments[index];
    if (segment === undefined || segment.to < scene.view.from || segment.from > scene.view.to) continue;
    const x = Math.max(-4, scene.x(segment.from));
    const wide = Math.max(2, Math.min(scene.width + 4, scene.x(segment.to)) - x);
    context.fillStyle = theme.host(segment.host);
    context.globalAlpha = 0.3;
    context.fillRect(x, top + 2, wide, height - 4);
    context.globalAlpha = 1;
    context.fillRect(x, top + 2, 2, height - 4);
    label(
      context,
      `${segment.holder} · ${segment.number}`,
      x + 2,
      wide - 2,
      top + height / 2,
      theme.color("text"),
    );
  }
}

/** Text inside of a box, cut to what there is room for; none when that is too little to read. */
function label(context: Context, text: string, x: number, wide: number, y: number, color: string): void {
  const left = Math.max(x, 0) + 4;
  const room = x + wide - left - 2;
  context.fillStyle = color;
  context.textAlign = "left";
  context.fillText(fitted(context, text, room), left, y + 0.5);
}

function drawDisks(context: Context, scene: Scene, theme: Theme): void {
  const operations = scene.visibleOperations();
  for (const row of rowsInSight(scene)) {
    if (row.type === "disk")
      drawDisk(context, scene, theme, row.host, operations, scene.y(row.y), row.height);
  }
}

/** A host that was down has no line; one that stood still a hatched one. */
function drawOutages(context: Context, scene: Scene, theme: Theme): void {
  for (const { host, kind, from, to } of scene.model.data.outages) {
    const y = scene.laneY(host);
    if (Number.isNaN(y) || to < scene.view.from || from > scene.view.to) continue;
    const x = Math.max(-2, scene.x(from));
    const wide = Math.max(1.5, Math.min(scene.width + 2, scene.x(to)) - x);
    context.fillStyle = theme.color(kind === "down" ? "down" : "paused");
    context.fillRect(x, y - 9, wide, 18);
    context.strokeStyle = theme.color(kind === "down" ? "bad" : "muted");
    context.lineWidth = 1;
    context.setLineDash(kind === "down" ? [2, 3] : [6, 4]);
    context.beginPath();
    context.moveTo(x, Math.round(y) + 0.5);
    context.lineTo(x + wide, Math.round(y) + 0.5);
    context.stroke();
    context.setLineDash([]);
    if (wide > 46) label(context, kind, x, wide, y - 4, theme.color(kind === "down" ? "bad" : "muted"));
  }
}

function drawPackets(context: Context, scene: Scene, theme: Theme): void {
  const { packets } = scene.model.data;
  const visible = scene.visiblePackets();
  const many = visible.length > MANY_ARROWS;
  const groups = groupsOf(packets.names);
  const lines: number[][] = Array.from({ length: MESSAGE_COLORS + 1 }, () => []);
  const taken = new Set<number>();
  for (const row of visible) {
    const line = packetLine(scene, row);
    if (line === undefined || Math.max(line.y0, line.y1) < AXIS || Math.min(line.y0, line.y1) > scene.height)
      continue;
    const lost = packets.outcome[row] !== 0;
    const group = lost ? MESSAGE_COLORS : (groups[packets.name[row] ?? 0] ?? 0);
    if (many) {
      const key = pixelKey(line.x0, line.x1, packets.from[row] ?? 0, packets.to[row] ?? 0);
      if (taken.has(key)) continue;
      taken.add(key);
    }
    lines[group]?.push(line.x0, line.y0, line.x1, line.y1);
  }
  lines.forEach((points, group) => {
    const lost = group === MESSAGE_COLORS;
    const color = theme.color(lost ? "bad" : `message-${group}`);
    context.strokeStyle = color;
    context.lineWidth = many ? 0.7 : 1.1;
    context.globalAlpha = many ? (lost ? 0.5 : density(taken.size)) : 0.75;
    context.beginPath();
    for (let i = 0; i < points.length; i += 4) {
      context.moveTo(points[i] ?? 0, points[i + 1] ?? 0);
      context.lineTo(points[i + 2] ?? 0, points[i + 3] ?? 0);
    }
    context.stroke();
    if (many) return;
    context.globalAlpha = 0.9;
    context.fillStyle = color;
    context.beginPath();
    for (let i = 0; i < points.length; i += 4) {
      if (lost) trace(context, "cross", points[i + 2] ?? 0, points[i + 3] ?? 0, 3);
      else arrowHead(context, points[i] ?? 0, points[i + 1] ?? 0, points[i + 2] ?? 0, points[i + 3] ?? 0);
    }
    context.fill();
  });
  context.globalAlpha = 1;
  if (visible.length <= NAMED_ARROWS) for (const row of visible) nameArrow(context, scene, theme, row);
}

/** The more hairlines, the fainter each. */
function density(count: number): number {
  return Math.max(0.16, Math.min(0.5, 900 / Math.max(1, count)));
}

function pixelKey(x0: number, x1: number, from: number, to: number): number {
  return (
    ((from * 1024 + to) * 8192 + ((Math.round(x0) + 2048) & 8191)) * 8192 + ((Math.round(x1) + 2048) & 8191)
  );
}

/** The colour of each message name: names with the same part before the slash share one. */
export function groupsOf(names: readonly string[]): number[] {
  const groups = new Map<string, number>();
  return names.map((name) => {
    const family = name.split("/", 1)[0] ?? name;
    const group = groups.get(family) ?? groups.size % MESSAGE_COLORS;
    groups.set(family, group);
    return group;
  });
}

function arrowHead(context: Context, x0: number, y0: number, x1: number, y1: number): void {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 6) return;
  const dx = (x1 - x0) / length;
  const dy = (y1 - y0) / length;
  context.moveTo(x1, y1);
  context.lineTo(x1 - 7 * dx - 3 * dy, y1 - 7 * dy + 3 * dx);
  context.lineTo(x1 - 7 * dx + 3 * dy, y1 - 7 * dy - 3 * dx);
  context.closePath();
}

/** Its name along an arrow, where there is room and it is not too steep to read. */
function nameArrow(context: Context, scene: Scene, theme: Theme, row: number): void {
  const line = packetLine(scene, row);
  if (line === undefined) return;
  const { x0, y0, x1, y1 } = line;
  const length = Math.hypot(x1 - x0, y1 - y0);
  const name = scene.model.data.packets.names[scene.model.data.packets.name[row] ?? 0] ?? "";
  if (length < context.measureText(name).width + 24 || x1 - x0 < 24) return;
  context.save();
  context.translate((x0 + x1) / 2, (y0 + y1) / 2);
  context.rotate(Math.atan2(y1 - y0, x1 - x0));
  context.textAlign = "center";
  context.lineWidth = 3;
  context.strokeStyle = theme.color("surface");
  context.strokeText(name, 0, -6);
  context.fillStyle = theme.color("muted");
  context.fillText(name, 0, -6);
  context.restore();
}

function drawFacts(context: Context, scene: Scene, theme: Theme): void {
  const { facts } = scene.model.data;
  const visible = scene.visibleFacts();
  const radius = visible.length > MANY_FACTS ? 2.6 : 4.2;
  const taken = new Set<string>();
  const byKind: { readonly shape: Shape; readonly color: string; readonly points: number[] }[] =
    facts.kinds.map((kind) => {
      const { shape, color } = factStyle(kind);
      return { shape, color: theme.color(color), points: [] };
    });
  for (const row of visible) {
    const y = scene.laneY(facts.host[row] ?? -1);
    if (Number.isNaN(y) || y < AXIS - 8 || y > scene.height + 8) continue;
    const x = scene.x(facts.at[row] ?? 0);
    const key = `${facts.kind[row]} ${facts.host[row]} ${Math.round(x)}`;
    if (taken.has(key)) continue;
    taken.add(key);
    byKind[facts.kind[row] ?? 0]?.points.push(x, y);
  }
  context.lineWidth = 1;
  for (const { shape, color, points } of byKind) {
    context.beginPath();
    for (let i = 0; i < points.length; i += 2)
      trace(context, shape, points[i] ?? 0, points[i + 1] ?? 0, radius);
    if (shape === "ring") {
      context.lineWidth = 1.6;
      context.strokeStyle = color;
      context.stroke();
    } else {
      context.fillStyle = color;
      context.fill();
      context.lineWidth = 0.8;
      context.strokeStyle = theme.color("surface");
      context.stroke();
    }
  }
}

function drawViolations(context: Context, scene: Scene, theme: Theme): void {
  const { data, evidence } = scene.model;
  const color = theme.color("bad");
  for (const { at, declared } of data.violations) {
    if (at < scene.view.from || at > scene.view.to) continue;
    const x = Math.round(scene.x(at)) + 0.5;
    context.strokeStyle = declared ? theme.color("warn") : color;
    context.lineWidth = 1.5;
    context.setLineDash([5, 3]);
    context.beginPath();
    context.moveTo(x, AXIS);
    context.lineTo(x, scene.height);
    context.stroke();
    context.setLineDash([]);
  }
  for (const violation of data.violations.slice(0, 3)) drawThread(context, scene, color, violation.evidence);
  /** By lane, where its last label ends: one that has no room is left out, its ring says enough. */
  const labelled = new Map<number, number>();
  for (const [id, name] of evidence) {
    const step = scene.model.factStep(id);
    if (step === undefined) continue;
    const x = scene.x(scene.model.atOf(step));
    const y = scene.laneY(scene.model.hostOf(step));
    if (Number.isNaN(y) || x < -20 || x > scene.width + 20) continue;
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.stroke();
    const half = context.measureText(name).width / 2;
    if (x - half < (labelled.get(y) ?? Number.NEGATIVE_INFINITY)) continue;
    labelled.set(y, x + half + 4);
    context.textAlign = "center";
    context.lineWidth = 3;
    context.strokeStyle = theme.color("surface");
    context.strokeText(name, x, y - 15);
    context.fillStyle = color;
    context.fillText(name, x, y - 15);
  }
}

/** Joins the evidence of one violation. */
function drawThread(context: Context, scene: Scene, color: string, evidence: readonly number[]): void {
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.globalAlpha = 0.6;
  context.beginPath();
  let begun = false;
  for (const id of evidence) {
    const step = scene.model.factStep(id);
    const y = step === undefined ? Number.NaN : scene.laneY(scene.model.hostOf(step));
    if (step === undefined || Number.isNaN(y)) continue;
    const x = scene.x(scene.model.atOf(step));
    if (begun) context.lineTo(x, y);
    else context.moveTo(x, y);
    begun = true;
  }
  context.stroke();
  context.globalAlpha = 1;
}

function drawAxis(context: Context, scene: Scene, theme: Theme): void {
  context.fillStyle = theme.color("surface");
  context.fillRect(0, 0, scene.width, AXIS);
  context.strokeStyle = theme.color("line");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, AXIS - 0.5);
  context.lineTo(scene.width, AXIS - 0.5);
  context.stroke();
  context.fillStyle = theme.color("muted");
  for (const { at, label: text } of ticks(scene.view, scene.width, 110)) {
    const x = scene.x(at);
    const half = context.measureText(text).width / 2;
    context.textAlign = "center";
    context.fillText(text, Math.min(Math.max(x, half + 2), scene.width - half - 2), AXIS / 2);
  }
  for (const { at, property, declared } of scene.model.data.violations) {
    const x = scene.x(at);
    if (x < 0 || x > scene.width) continue;
    flag(
      context,
      x,
      property,
      declared ? theme.color("warn") : theme.color("bad"),
      theme.color("surface"),
      scene.width,
    );
  }
}

/** A flag on the axis where a property was violated. Returns where it ends. */
function flag(context: Context, x: number, text: string, color: string, ink: string, width: number): number {
  const wide = context.measureText(text).width + 10;
  const left = Math.min(x, width - wide);
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(left, 4, wide, 17, 3);
  context.fill();
  context.fillStyle = ink;
  context.textAlign = "left";
  context.fillText(text, left + 5, 13);
  return left + wide + 2;
}
