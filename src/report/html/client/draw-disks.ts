/**
 * Draws what happened on disks, a thin row under each host's: writes as ticks above the line, fsyncs as bars below it, and a red line
 * where a crash took something back, with what that was. Where many marks would cover the same pixel one is drawn, the worst of them.
 */
import { DISK, DISK_OUTCOME } from "../data.js";
import { fitted } from "./fitted.js";
import type { Scene } from "./scene.js";
import type { Theme } from "./theme.js";

type Context = CanvasRenderingContext2D;

/** A mark as the legend shows it, in a field of 14 by 14. */
export interface DiskMark {
  readonly color: string;
  readonly path: string;
  readonly filled: boolean;
}

const tick = (color: string, filled = true): DiskMark => ({ color, path: "M5.5 2h3v6h-3Z", filled });
const bar = (color: string, filled = true): DiskMark => ({ color, path: "M1.5 8h11v4h-11Z", filled });

export const DISK_LEGEND: readonly (readonly [mark: DiskMark, text: string])[] = [
  [tick("fact-durable"), "write that reached the medium"],
  [tick("fact-durable", false), "write that was not synced at the end"],
  [tick("bad"), "write that a crash took back"],
  [tick("warn"), "write that a crash tore"],
  [tick("bad", false), "write that a failed fsync dropped"],
  [bar("fact-durable"), "fsync"],
  [bar("bad"), "fsync that failed"],
  [bar("bad", false), "fsync cut off by a crash"],
];

interface Style {
  readonly color: string;
  readonly filled: boolean;
  /** Of marks at one pixel the highest is drawn. */
  readonly rank: number;
}

function styleOf(outcome: number, isSync: boolean): Style {
  switch (outcome) {
    case DISK_OUTCOME.lost:
      return { color: "bad", filled: !isSync, rank: 4 };
    case DISK_OUTCOME.torn:
      return { color: "warn", filled: true, rank: 3 };
    case DISK_OUTCOME.dropped:
      return { color: "bad", filled: isSync, rank: 2 };
    case DISK_OUTCOME.durable:
      return { color: "fact-durable", filled: true, rank: 1 };
    default:
      return { color: "fact-durable", filled: false, rank: 0 };
  }
}

interface Drawn extends Style {
  readonly x: number;
  readonly wide: number;
}

/** Pixels of a tick. */
const TICK = 2;

export function drawDisk(
  context: Context,
  scene: Scene,
  theme: Theme,
  host: number,
  operations: readonly number[],
  top: number,
  height: number,
): void {
  const { disks } = scene.model.data;
  const middle = top + height / 2;
  context.strokeStyle = theme.color("grid");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, Math.round(middle) + 0.5);
  context.lineTo(scene.width, Math.round(middle) + 0.5);
  context.stroke();
  const writes = new Map<number, Drawn>();
  const syncs = new Map<number, Drawn>();
  const crashes: { readonly x: number; readonly note: string; until: number }[] = [];
  for (const row of operations) {
    if (disks.host[row] !== host) continue;
    const kind = disks.kind[row] ?? 0;
    const x = scene.x(disks.at[row] ?? 0);
    const crash = crashes.at(-1);
    if (crash !== undefined) crash.until = Math.min(crash.until, x);
    if (kind === DISK.crash || kind === DISK.wipe) {
      const note = kind === DISK.wipe ? "wiped" : (disks.note[row] ?? "");
      crashes.push({ x, note, until: Number.POSITIVE_INFINITY });
      continue;
    }
    const isSync = kind === DISK.fsync;
    const style = styleOf(disks.outcome[row] ?? 0, isSync);
    const wide = isSync ? Math.max(TICK, scene.x(disks.end[row] ?? 0) - x) : TICK;
    const marks = isSync ? syncs : writes;
    const pixel = Math.round(x);
    const there = marks.get(pixel);
    if (there === undefined || there.rank < style.rank) marks.set(pixel, { ...style, x, wide });
  }
  for (const { x, note, until } of crashes) drawCrash(context, scene, theme, { x, note, until, top, height });
  for (const mark of syncs.values()) fillMark(context, theme, mark, middle + 1, 4);
  for (const mark of writes.values()) fillMark(context, theme, mark, middle - 6, 6);
}

function fillMark(
  context: Context,
  theme: Theme,
  { x, wide, color, filled }: Drawn,
  y: number,
  tall: number,
): void {
  if (filled) {
    context.fillStyle = theme.color(color);
    context.fillRect(x, y, wide, tall);
    return;
  }
  context.strokeStyle = theme.color(color);
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, Math.max(1, wide - 1), tall - 1);
}

/** What was lost, in words where there is room before the next thing that happens there. */
function drawCrash(
  context: Context,
  scene: Scene,
  theme: Theme,
  crash: {
    readonly x: number;
    readonly note: string;
    readonly until: number;
    readonly top: number;
    readonly height: number;
  },
): void {
  const { x, note, until, top, height } = crash;
  const color = theme.color(note === "" ? "muted" : "bad");
  context.fillStyle = color;
  context.fillRect(x - 1, top + 1, 2, height - 2);
  if (note === "") return;
  const room = Math.min(until, scene.width) - x - 8;
  const shown = fitted(context, note, room);
  if (shown === "") return;
  context.textAlign = "left";
  context.lineWidth = 3;
  context.strokeStyle = theme.color("surface");
  context.strokeText(shown, x + 5, top + height / 2 + 0.5);
  context.fillText(shown, x + 5, top + height / 2 + 0.5);
}
