/** What a crash took back of a disk, in words: `lost 3 unsynced writes to raft.log`. It stands with the crash. */
import type { CrashLoss, FileLoss } from "../sim/disk-device.js";
import type { HistoryEvent } from "../sim/history.js";
import type { Outcome } from "../storm/scenario.js";
import { eventText } from "./event-text.js";
import { clean } from "./text-style.js";
import { count, list } from "./words.js";

/** Files and names of one crash that are named before the rest is counted. */
const NAMED = 4;

export function lossText({ files, names }: CrashLoss): string {
  /** `3 unsynced writes to raft.log, 1 to votes`; none when no file had one. */
  const some = (noun: string, size: (file: FileLoss) => number): string[] => {
    const struck = files.filter((file) => size(file) > 0);
    const texts = struck.map((file, i) => {
      const n = size(file);
      return `${i === 0 ? count(n, noun) : n} to ${file.file}`;
    });
    return texts.length === 0 ? [] : [list(texts, NAMED)];
  };
  const renamed = names.map(({ what, name }) => `the ${what} of ${name}`);
  const lost = [
    ...some("unsynced write", ({ lost }) => lost),
    ...some("write", ({ dropped }) => dropped).map((text) => `${text} that a failed fsync had dropped`),
    ...(renamed.length === 0 ? [] : [list(renamed, NAMED)]),
  ];
  const torn = some("write", ({ torn }) => torn).map((text) => `tore ${text}`);
  return clean([...(lost.length === 0 ? [] : [`lost ${lost.join(" and ")}`]), ...torn].join(", "));
}

/** What the crash that this event is took back; undefined for any other event, or when it was nothing. */
export function lossAt({ diskLosses }: Pick<Outcome, "diskLosses">, event: HistoryEvent): string | undefined {
  if (event.kind !== "host" || event.phase !== "crash") return undefined;
  const loss = diskLosses.find(({ event: id }) => id === event.id);
  return loss === undefined ? undefined : lossText(loss);
}

/** An event of a run in one plain line; a crash with what it took back. */
export function factText(outcome: Pick<Outcome, "diskLosses">, event: HistoryEvent): string {
  const lost = lossAt(outcome, event);
  return lost === undefined ? eventText(event) : `${eventText(event)}, ${lost}`;
}
