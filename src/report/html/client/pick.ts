/** What lies under a point of the canvas: the nearest mark of a fact, else the nearest arrow, else a band or a segment. */

import { DISK } from "../data.js";
import { packetLine } from "./lines.js";
import type { Scene } from "./scene.js";

export type Picked =
  | { readonly type: "step"; readonly step: number }
  | { readonly type: "fault"; readonly fault: number }
  /** A row of the table of disk operations. */
  | { readonly type: "disk"; readonly row: number }
  | { readonly type: "segment"; readonly strip: number; readonly segment: number };

/** Pixels that a pointer may be off. */
const REACH = 9;

export function pick(scene: Scene, x: number, y: number): Picked | undefined {
  return pickFact(scene, x, y) ?? pickPacket(scene, x, y) ?? pickStretch(scene, x, y);
}

function pickFact(scene: Scene, x: number, y: number): Picked | undefined {
  const { at, host } = scene.model.data.facts;
  let best: number | undefined;
  let least = REACH * REACH;
  for (const row of scene.visibleFacts()) {
    const dx = scene.x(at[row] ?? 0) - x;
    const dy = scene.laneY(host[row] ?? -1) - y;
    const distance = dx * dx + dy * dy;
    if (distance <= least) {
      least = distance;
      best = row;
    }
  }
  return best === undefined ? undefined : { type: "step", step: 3 * best };
}

function pickPacket(scene: Scene, x: number, y: number): Picked | undefined {
  const reach = REACH * 0.7;
  let best: number | undefined;
  let least = reach * reach;
  for (const row of scene.visiblePackets()) {
    const line = packetLine(scene, row);
    if (line === undefined) continue;
    const distance = distanceToLine(x, y, line.x0, line.y0, line.x1, line.y1);
    if (distance > least) continue;
    least = distance;
    const nearerToEnd =
      Math.abs(x - line.x1) + Math.abs(y - line.y1) < Math.abs(x - line.x0) + Math.abs(y - line.y0);
    best = nearerToEnd ? 3 * row + 2 : (scene.model.sendingOf(row) ?? 3 * row + 2);
  }
  return best === undefined ? undefined : { type: "step", step: best };
}

/** The square of the distance of a point to a stretch. */
export function distanceToLine(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  const px = x0 + share * dx - x;
  const py = y0 + share * dy - y;
  return px * px + py * py;
}

function pickStretch(scene: Scene, x: number, y: number): Picked | undefined {
  const at = scene.timeAt(x);
  const { data } = scene.model;
  const slack = ((scene.view.to - scene.view.from) / scene.width) * 4;
  for (const row of scene.rows.rows) {
    const top = scene.y(row.y);
    if (y < top || y >= top + row.height) continue;
    const hits = (stretch: { readonly from: number; readonly to: number } | undefined): boolean =>
      stretch !== undefined && at >= stretch.from - slack && at <= stretch.to + slack;
    if (row.type === "faults") {
      const fault = row.faults.find((index) => hits(data.faults[index]));
      return fault === undefined ? undefined : { type: "fault", fault };
    }
    if (row.type === "strip") {
      const segment = row.segments.find((index) => hits(data.strips[row.strip]?.segments[index]));
      return segment === undefined ? undefined : { type: "segment", strip: row.strip, segment };
    }
    if (row.type === "disk") {
      const operation = nearestOperation(scene, row.host, x);
      return operation === undefined ? undefined : { type: "disk", row: operation };
    }
    return undefined;
  }
  return undefined;
}

/** The operation on a disk that is nearest to a point, what a crash took back before anything else. */
function nearestOperation(scene: Scene, host: number, x: number): number | undefined {
  const { disks } = scene.model.data;
  let best: number | undefined;
  let least = REACH;
  for (const row of scene.visibleOperations()) {
    if (disks.host[row] !== host) continue;
    const [from, to] = [scene.x(disks.at[row] ?? 0), scene.x(disks.end[row] ?? 0)];
    const distance = Math.max(from - x, x - to, 0) - (disks.kind[row] === DISK.crash ? 3 : 0);
    if (distance >= least) continue;
    least = distance;
    best = row;
  }
  return best;
}
