/**
 * The rows of the diagram from top to bottom: the storm's faults, leaders and leases as strips, then the hosts, with a
 * heading for each provider. Plain arithmetic; heights are CSS pixels.
 */
import type { DiagramData } from "../data.js";

export type Row =
  | { readonly type: "heading"; readonly y: number; readonly height: number; readonly text: string }
  | {
      readonly type: "faults";
      readonly y: number;
      readonly height: number;
      readonly faults: readonly number[];
    }
  | { readonly type: "world"; readonly y: number; readonly height: number }
  | {
      readonly type: "strip";
      readonly y: number;
      readonly height: number;
      readonly strip: number;
      /** Segments that overlap none of the others in this row. */
      readonly segments: readonly number[];
      readonly first: boolean;
    }
  | {
      readonly type: "host";
      readonly y: number;
      readonly height: number;
      readonly host: number;
      /** Region and zone, where they differ from the row above. */
      readonly place: string;
    }
  /** What happened on the disk of the host above. */
  | { readonly type: "disk"; readonly y: number; readonly height: number; readonly host: number };

/** A row before it has its place. */
type Unplaced = Row extends infer R ? (R extends Row ? Omit<R, "y" | "height"> : never) : never;

export interface Rows {
  readonly rows: readonly Row[];
  readonly height: number;
  /** Middle of each host's row; -1 for hosts that are not shown. */
  readonly middles: readonly number[];
  /** Middle of the row of what happens to the world itself. */
  readonly world: number;
}

const HEIGHTS: Readonly<Record<Row["type"], number>> = {
  heading: 24,
  faults: 15,
  world: 20,
  strip: 18,
  host: 28,
  disk: 15,
};

/** @param disks whether hosts on whose disks something happened have a row for them. */
export function rowsOf(data: DiagramData, hiddenHosts: ReadonlySet<number>, disks: boolean): Rows {
  const busy = new Set(disks ? data.disks.host : []);
  const rows: Row[] = [];
  const middles = data.hosts.map(() => -1);
  let y = 0;
  let world = 0;
  const add = (row: Unplaced): Row => {
    const height = HEIGHTS[row.type];
    const placed = { ...row, y, height } as Row; // every row has just these two more
    rows.push(placed);
    y += height;
    return placed;
  };
  if (data.faults.length > 0) add({ type: "heading", text: "storm" });
  for (const faults of packed(data.faults)) add({ type: "faults", faults });
  const worldRow = add({ type: "world" });
  world = worldRow.y + worldRow.height / 2;
  for (const [kind, text] of [
    ["leader", "leaders"],
    ["lease", "leases"],
  ] as const) {
    if (data.strips.some((strip) => strip.kind === kind)) add({ type: "heading", text });
    data.strips.forEach((strip, index) => {
      if (strip.kind !== kind) return;
      packed(strip.segments).forEach((segments, i) => {
        add({ type: "strip", strip: index, segments, first: i === 0 });
      });
    });
  }
  let above: { readonly provider: string; readonly place: string } | undefined;
  data.hosts.forEach(({ provider, region, zone }, host) => {
    if (hiddenHosts.has(host)) return;
    if (above?.provider !== provider) add({ type: "heading", text: provider });
    const place = zone === "" ? region : `${region} · ${zone}`;
    const isNew = above?.provider !== provider || above.place !== place;
    above = { provider, place };
    const row = add({ type: "host", host, place: isNew ? place : "" });
    middles[host] = row.y + row.height / 2;
    if (busy.has(host)) add({ type: "disk", host });
  });
  return { rows, height: y + 8, middles, world };
}

/** Indexes of stretches in as few rows as it takes for none to overlap another. They come in the order of their beginnings. */
export function packed(stretches: readonly { readonly from: number; readonly to: number }[]): number[][] {
  const rows: number[][] = [];
  const ends: number[] = [];
  stretches.forEach(({ from, to }, index) => {
    let row = ends.findIndex((end) => end <= from);
    if (row < 0) row = ends.length;
    ends[row] = Math.max(to, from + 1);
    const own = rows[row];
    if (own === undefined) rows[row] = [index];
    else own.push(index);
  });
  return rows;
}
