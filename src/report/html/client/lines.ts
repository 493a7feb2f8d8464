/** Where a packet's arrow runs on the canvas. What was lost ends on its way, so that it can be seen to arrive nowhere. */
import type { Scene } from "./scene.js";

export interface Line {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Share of the way to the receiver that a packet is drawn when it was dropped at once. */
const STUB = 0.4;
/** Pixels that the arrow of a packet to its own host rises. */
const HOP = 9;

/** Undefined when one of its hosts is not shown. */
export function packetLine(scene: Scene, row: number): Line | undefined {
  const { packets } = scene.model.data;
  const from = packets.from[row] ?? -1;
  const to = packets.to[row] ?? -1;
  const y0 = scene.laneY(from);
  const y1 = scene.laneY(to);
  if (Number.isNaN(y0) || Number.isNaN(y1)) return undefined;
  const x0 = scene.x(packets.sent[row] ?? 0);
  const x1 = scene.x(packets.end[row] ?? 0);
  if (from === to) return { x0, y0, x1: Math.max(x1, x0 + 2), y1: y0 - HOP };
  if (packets.outcome[row] === 1) {
    // Lost at once: there is no moment at which it would have come, so the arrow leans like its neighbours.
    const lean = Math.max(x1, x0 + 10);
    return {
      x0,
      y0,
      x1: x0 + (lean - x0) * (x1 > x0 ? 0.85 : STUB),
      y1: y0 + (y1 - y0) * (x1 > x0 ? 0.85 : STUB),
    };
  }
  return { x0, y0, x1, y1 };
}
