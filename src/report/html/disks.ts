/**
 * What the diagram draws of disks: the operations of the recorder as columns. Writes to one file at one moment that ended alike are
 * one row. Of a run with more rows than can be drawn, those around the moment that matters are taken, and all crashes.
 */
import type { Micros } from "../../sim/time.js";
import type { DiskLog, DiskOperation } from "../disk-recorder.js";
import { grouped, moment } from "../words.js";
import { cutTo } from "./cut.js";
import { DISK, DISK_OUTCOME, type DiskTable } from "./data.js";

export interface DrawnDisks {
  readonly table: DiskTable;
  /** What is not in it, as sentences. */
  readonly cut: readonly string[];
}

interface Row extends DiskOperation {
  /** Operations that it stands for. */
  readonly count: number;
}

export function disksOf(
  { operations, unrecorded }: DiskLog,
  hostIndex: ReadonlyMap<string, number>,
  limit: number,
  focus: Micros,
): DrawnDisks {
  const rows = together(operations.filter(({ host }) => hostIndex.has(host)));
  const items = rows.map(({ kind, at }) => ({ label: kind, at, needed: kind === "crash" }));
  const { drawn, from, to } = cutTo(limit, items, focus);
  const shown = rows.filter((_, i) => drawn[i]);
  const files = [...new Set(shown.map(({ file }) => file))];
  const fileIndex = new Map(files.map((file, i) => [file, i]));
  return {
    table: {
      files,
      host: shown.map(({ host }) => hostIndex.get(host) ?? -1),
      kind: shown.map(({ kind }) => DISK[kind]),
      outcome: shown.map(({ outcome }) => DISK_OUTCOME[outcome]),
      file: shown.map(({ file }) => fileIndex.get(file) ?? -1),
      at: shown.map(({ at }) => at),
      end: shown.map(({ end }) => end),
      bytes: shown.map(({ bytes }) => bytes),
      count: shown.map(({ count }) => count),
      note: shown.map(({ note }) => note),
    },
    cut: [
      ...(shown.length === rows.length
        ? []
        : [
            `Of ${grouped(rows.length)} operations on disks, ${grouped(shown.length)} are drawn: those from ${moment(from)} to ${moment(to)}, and what crashes took back.`,
          ]),
      ...(unrecorded === 0
        ? []
        : [`${grouped(unrecorded)} operations on disks were not recorded: there were too many.`]),
    ],
  };
}

/** Operations of one kind on one file at one moment that ended alike, where they follow each other. */
function together(operations: readonly DiskOperation[]): Row[] {
  const rows: Row[] = [];
  const last = new Map<string, number>();
  for (const operation of operations) {
    const index = last.get(operation.host);
    const row = index === undefined ? undefined : rows[index];
    if (index !== undefined && row !== undefined && isLike(row, operation)) {
      rows[index] = { ...row, bytes: row.bytes + operation.bytes, count: row.count + 1 };
    } else {
      last.set(operation.host, rows.length);
      rows.push({ ...operation, count: 1 });
    }
  }
  return rows;
}

function isLike(row: Row, { kind, file, at, end, outcome }: DiskOperation): boolean {
  const isWrite = kind === "write" || kind === "fsync";
  return (
    isWrite &&
    row.kind === kind &&
    row.file === file &&
    row.at === at &&
    row.end === end &&
    row.outcome === outcome
  );
}
