/**
 * Records what happened on the disks of a run, for the space-time diagram: each write with what became of it, each fsync with when it
 * was over, and what crashes took back. Attach it in `RunOptions.prepare`. It only looks on: the universe is the same with and
 * without it. Reads are not recorded. Of a run with more operations than it keeps, the others are counted.
 */
import type { CrashOutcome, DiskEvent } from "../sim/disk-device.js";
import type { Micros } from "../sim/time.js";
import type { World } from "../sim/world.js";
import { lossText } from "./loss-text.js";

/**
 * Of a write: `cached` until the end of the run, `durable` by an fsync or because a crash kept it, `torn` or `lost` in a crash,
 * `dropped` by an fsync that failed. Of an fsync: `durable`; `dropped` when it failed; `lost` when the host went down first; `cached`
 * when it was not over at the end. Of a crash: `lost` when something was, else `durable`. Of the rest: `cached`.
 */
export type DiskOutcome = "cached" | "durable" | "torn" | "lost" | "dropped";

export interface DiskOperation {
  readonly host: string;
  readonly kind: "write" | "truncate" | "fsync" | "rename" | "remove" | "crash" | "wipe";
  /** Empty where it concerns the whole disk. */
  readonly file: string;
  readonly at: Micros;
  /** When an fsync was over; of anything else when it began. */
  readonly end: Micros;
  readonly outcome: DiskOutcome;
  readonly bytes: number;
  /** Of a rename the new name, of a crash what it took back, in words; else empty. */
  readonly note: string;
}

export interface DiskLog {
  /** In the order in which they began. */
  readonly operations: readonly DiskOperation[];
  /** Operations after the recorder was full. */
  readonly unrecorded: number;
}

export const NO_DISKS: DiskLog = { operations: [], unrecorded: 0 };

type Draft = { -readonly [K in keyof DiskOperation]: DiskOperation[K] };

/** Operations that are kept. */
const KEPT_OPERATIONS = 500_000;

/** Changes of one file that the medium does not have yet. */
interface Pending {
  readonly drafts: Draft[];
  /** Changes before the first of them. */
  before: number;
}

export class DiskRecorder {
  readonly #limit: number;
  readonly #drafts: Draft[] = [];
  #unrecorded = 0;
  #world: World | undefined;

  constructor(limit = KEPT_OPERATIONS) {
    this.#limit = limit;
  }

  /** Watches the disks of a world that has not begun. */
  attach(world: World): void {
    this.#world = world;
    for (const { id, disk } of world.machines) {
      const watch = new DiskWatch(
        id,
        (draft) => this.#keep(draft),
        () => world.now,
      );
      disk.watcher = (event) => watch.take(event);
    }
  }

  /** What was recorded; to be called when the run is over. */
  log(): DiskLog {
    const end = this.#world?.now ?? 0;
    const operations = this.#drafts.map((draft) =>
      draft.kind === "fsync" && draft.outcome === "cached" ? { ...draft, end } : draft,
    );
    return { operations, unrecorded: this.#unrecorded };
  }

  #keep(draft: Draft): void {
    if (this.#drafts.length < this.#limit) this.#drafts.push(draft);
    else this.#unrecorded++;
  }
}

/** One host's disk. */
class DiskWatch {
  readonly #pending = new Map<number, Pending>();
  readonly #syncs = new Map<
    object,
    { readonly draft: Draft; readonly number: number; readonly upTo: number }
  >();

  constructor(
    private readonly host: string,
    private readonly keep: (draft: Draft) => void,
    private readonly now: () => Micros,
  ) {}

  take(event: DiskEvent): void {
    switch (event.kind) {
      case "write":
      case "truncate":
        this.#pendingOf(event.number).drafts.push(this.#begin(event.kind, event.file, event.bytes));
        return;
      case "rename":
        this.#begin("rename", event.file, 0, event.to);
        return;
      case "remove":
        this.#begin("remove", event.file, 0);
        return;
      case "sync": {
        const draft = this.#begin("fsync", event.file, 0);
        const number = event.number ?? -1;
        const { before, drafts } = this.#pendingOf(number);
        this.#syncs.set(event.marks, { draft, number, upTo: before + drafts.length });
        return;
      }
      case "synced":
      case "sync failed":
        this.#synced(event.marks, event.kind === "synced" ? "durable" : "dropped");
        return;
      case "crash": {
        const draft = this.#begin("crash", "", 0, event.loss === undefined ? "" : lossText(event.loss));
        draft.outcome = event.loss === undefined ? "durable" : "lost";
        this.#crashed(new Map(event.files.map(({ number, unsynced }) => [number, unsynced])));
        return;
      }
      case "wipe":
        this.#begin("wipe", "", 0);
        this.#pending.clear();
        return;
    }
  }

  #begin(kind: Draft["kind"], file: string, bytes: number, note = ""): Draft {
    const at = this.now();
    const draft: Draft = { host: this.host, kind, file, at, end: at, outcome: "cached", bytes, note };
    this.keep(draft);
    return draft;
  }

  #pendingOf(number: number): Pending {
    let pending = this.#pending.get(number);
    if (pending === undefined) {
      pending = { drafts: [], before: 0 };
      this.#pending.set(number, pending);
    }
    return pending;
  }

  #synced(marks: object, outcome: "durable" | "dropped"): void {
    const sync = this.#syncs.get(marks);
    if (sync === undefined) return;
    this.#syncs.delete(marks);
    sync.draft.end = this.now();
    sync.draft.outcome = outcome;
    const pending = this.#pendingOf(sync.number);
    const reached = pending.drafts.splice(0, Math.max(0, sync.upTo - pending.before));
    pending.before += reached.length;
    for (const draft of reached) draft.outcome = outcome;
  }

  /** Of a file that has more pending changes than the crash decided on, the first ones had been written back. */
  #crashed(outcomes: ReadonlyMap<number, readonly CrashOutcome[]>): void {
    for (const [number, { drafts }] of this.#pending) {
      const decided = outcomes.get(number);
      drafts.forEach((draft, i) => {
        // A file whose name was lost has lost all of them.
        const outcome = decided === undefined ? "lost" : decided[i - drafts.length + decided.length];
        draft.outcome = outcome === undefined || outcome === "kept" ? "durable" : outcome;
      });
    }
    this.#pending.clear();
    for (const { draft } of this.#syncs.values()) {
      draft.end = this.now();
      draft.outcome = "lost";
    }
    this.#syncs.clear();
  }
}
