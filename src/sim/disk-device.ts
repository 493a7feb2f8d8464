/**
 * The drive in one machine: its files and names, what is wrong with it, and what happens to it when the power fails. What it can
 * do and never does is said where code under test meets it (`disk.ts`); how one incarnation does is `open-disk.ts`.
 */
import { Directory, type NameChange } from "./disk-directory.js";
import { Condition, type OnFired } from "./disk-faults.js";
import { type CrashOutcome, SECTOR, StoredFile } from "./disk-file.js";
import type { Random } from "./random.js";
import type { Micros } from "./time.js";

export type { CrashOutcome } from "./disk-file.js";

/** What a host waits for: made once, where a closure for each step that it takes would cost more than the step. */
export interface DiskOperation {
  readonly label: string;
  complete(): void;
}

/** One that a drive has begun, for an incarnation. */
export interface PendingOperation extends DiskOperation {
  readonly access: DiskAccess;
}

/** What a disk needs of the host it is opened for. Given by the world, for one incarnation. */
export interface DiskAccess {
  /** The stream that latencies are drawn from. */
  readonly random: Random;
  /** Completes an operation after `delay` of true time in this incarnation; never, when that has ended. */
  schedule(operation: DiskOperation, delay: Micros): void;
  /** The crash point before a durable write. False: the host was crashed there, and nobody is left to be answered. */
  durableWrite(operation: string, file: string): boolean;
  /** The crash point after a durable write took effect. False as above. */
  durableWritten(operation: string, file: string): boolean;
  /** Whether the incarnation still lives. */
  alive(): boolean;
}

/** How far a file and its directory had got when an fsync was asked for. */
export interface Marks {
  readonly name: string;
  readonly file: StoredFile | undefined;
  readonly written: number;
  readonly changed: number;
  readonly failures: number;
}

/** What a crash took back of one file. */
export interface FileLoss {
  readonly file: string;
  /** Unsynced changes that did not get to the medium, and such as got there in part. */
  readonly lost: number;
  readonly torn: number;
  /** Changes that a failed fsync had dropped before: they were in the cache until now. */
  readonly dropped: number;
}

/** What a crash took back of a disk: never all empty. */
export interface CrashLoss {
  readonly files: readonly FileLoss[];
  /** Changes of names that did not get to the medium. */
  readonly names: readonly NameChange[];
}

/** What happens on a drive, for recorders. Files are told apart by their numbers: names change. */
export type DiskEvent =
  | {
      readonly kind: "write" | "truncate";
      readonly file: string;
      readonly number: number;
      /** Where the bytes go; for a truncation the new length. */
      readonly offset: number;
      readonly bytes: number;
    }
  | { readonly kind: "rename"; readonly file: string; readonly to: string }
  | { readonly kind: "remove"; readonly file: string }
  /** An fsync was asked for; `marks` is the same object when it is over. There may be no file of the name any more. */
  | {
      readonly kind: "sync";
      readonly file: string;
      readonly number: number | undefined;
      readonly marks: object;
    }
  | { readonly kind: "synced" | "sync failed"; readonly marks: object }
  | {
      readonly kind: "crash";
      /** For each file with unsynced changes, what became of them, in their order. */
      readonly files: readonly { readonly number: number; readonly unsynced: readonly CrashOutcome[] }[];
      readonly loss: CrashLoss | undefined;
    }
  | { readonly kind: "wipe" };

/** The drive in one machine: it outlives the machine's incarnations. */
export class DiskDevice {
  /** Notified of what happens; it only looks on. */
  watcher: ((event: DiskEvent) => void) | undefined;
  #directory = new Directory();
  #filesCreated = 0;
  readonly #full = new Condition();
  readonly #slow = new Condition();
  readonly #stalled = new Condition();
  #waiting: PendingOperation[] = [];
  readonly #failFsync: OnFired[] = [];
  readonly #misdirect: { readonly random: Random; readonly onFired: OnFired }[] = [];

  /**
   * The power fails: of what was not synced, `random` decides. Call it when an incarnation ends. Returns what was lost; undefined
   * when nothing was.
   */
  crash(random: Random): CrashLoss | undefined {
    this.#waiting = [];
    const names = this.#directory.crash(random);
    const crashed = this.#directory.entries().map(([name, file]) => {
      return { name, number: file.number, ...file.crash(random) };
    });
    const files = crashed.flatMap(({ name, unsynced, dropped }): FileLoss[] => {
      const lost = unsynced.filter((outcome) => outcome === "lost").length;
      const torn = unsynced.filter((outcome) => outcome === "torn").length;
      return lost + torn + dropped === 0 ? [] : [{ file: name, lost, torn, dropped }];
    });
    const loss = files.length + names.length === 0 ? undefined : { files, names };
    this.watcher?.({ kind: "crash", files: crashed, loss });
    return loss;
  }

  /** A process ends and the power stays on: the cache keeps what it wrote; what it waited for is nobody's any more. */
  abandon(): void {
    this.#waiting = [];
  }

  /** The machine comes back with an empty drive. Call it while no incarnation lives. */
  wipe(): void {
    this.#waiting = [];
    this.#directory = new Directory();
    this.watcher?.({ kind: "wipe" });
  }

  /** From now on nothing grows: ENOSPC. Fires at the first refusal. */
  fill(onFired: OnFired): void {
    this.#full.begin(onFired);
  }

  /** Ends the fault that began with this callback; without one, all of its kind. So with its like below. */
  unfill(onFired?: OnFired): void {
    this.#full.end(onFired);
  }

  /** Every operation takes `factor` times as long. Fires at the first operation. */
  slow(factor: number, onFired: OnFired): void {
    this.#slow.begin(onFired, factor);
  }

  unslow(onFired?: OnFired): void {
    this.#slow.end(onFired);
  }

  /** Operations that would complete wait until the stall is over. Fires when the first one has to. */
  stall(onFired: OnFired): void {
    this.#stalled.begin(onFired);
  }

  unstall(onFired?: OnFired): void {
    this.#stalled.end(onFired);
    if (this.#stalled.active) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const operation of waiting) operation.access.schedule(operation, 0);
  }

  /** The next fsync to complete fails. Fires when it does. */
  failNextFsync(onFired: OnFired): void {
    this.#failFsync.push(onFired);
  }

  /**
   * Of the next fsync that has bytes to write, the last write lands on another stored sector, of any file, or beside all
   * files; its own place keeps what it held. Fires when that happens.
   */
  misdirectNextWrite(random: Random, onFired: OnFired): void {
    this.#misdirect.push({ random, onFired });
  }

  /** One stored bit turns over. Fires at once, unless nothing is stored: the data on the medium is different from now on. */
  rot(random: Random, onFired: OnFired): void {
    const file = this.#anyStored(random);
    if (file === undefined) return;
    file.flipBit(random.below(file.durableLength), random.below(8));
    onFired();
  }

  /**
   * A sector with stored data can't be read until something is written to it. Fires at once, unless nothing is stored:
   * the data is gone from now on, whether it is read sooner or later.
   */
  latentSectorError(random: Random, onFired: OnFired): void {
    const file = this.#anyStored(random);
    if (file === undefined) return;
    file.losesSector(random.below(Math.ceil(file.durableLength / SECTOR)));
    onFired();
  }

  /** Ends every condition and calls off the failures that still wait for an occasion. What is damaged stays damaged. */
  heal(): void {
    this.unfill();
    this.unslow();
    this.unstall();
    this.#failFsync.length = 0;
    this.#misdirect.length = 0;
  }

  /** @internal for `openDisk` */
  get directory(): Directory {
    return this.#directory;
  }

  /** @internal The file of this name, made when there is none. */
  fileFor(name: string): StoredFile {
    const known = this.#directory.get(name);
    if (known !== undefined) return known;
    const created = new StoredFile(this.#filesCreated++);
    this.#directory.create(name, created);
    return created;
  }

  /** @internal A new file whose bytes and name are on the medium. */
  install(name: string, bytes: Uint8Array): void {
    const file = this.fileFor(name);
    file.append(bytes);
    file.commit(file.written);
    this.#directory.commit(name, this.#directory.changed);
  }

  /** @internal Whether growth must be refused; if so, that was the fault's doing. */
  refusesGrowth(): boolean {
    if (!this.#full.active) return false;
    this.#full.fire();
    return true;
  }

  /** @internal An operation begins: it completes after so long on a healthy drive. */
  begin(operation: PendingOperation, usual: Micros): void {
    operation.access.schedule(operation, this.#latency(usual));
  }

  /** @internal An operation is about to complete. False: it waits until the stall is over. */
  mayComplete(operation: PendingOperation): boolean {
    if (!this.#stalled.active) return true;
    this.#waiting.push(operation);
    this.#stalled.fire();
    return false;
  }

  /** @internal The first changes of a file reach the medium, or don't: false when the fsync fails. */
  sync(synced: Marks): boolean {
    const { name, file } = synced;
    if (file !== undefined) {
      const failure = this.#failFsync.shift();
      if (failure !== undefined || file.failures !== synced.failures) {
        file.lose(synced.written);
        failure?.();
        this.watcher?.({ kind: "sync failed", marks: synced });
        return false;
      }
      if (this.#misdirect.length > 0) this.#sendAstray(file, synced.written);
      file.commit(synced.written);
    }
    this.#directory.commit(name, synced.changed);
    this.watcher?.({ kind: "synced", marks: synced });
    return true;
  }

  #latency(usual: Micros): Micros {
    if (!this.#slow.active) return usual;
    this.#slow.fire();
    return Math.floor(usual * this.#slow.factor);
  }

  #anyStored(random: Random): StoredFile | undefined {
    const files = this.#stored();
    return files.length === 0 ? undefined : random.pick(files);
  }

  #stored(): StoredFile[] {
    return this.#directory.entries().flatMap(([, file]) => (file.durableLength > 0 ? [file] : []));
  }

  #sendAstray(file: StoredFile, mark: number): void {
    const stray = file.misdirect(mark);
    const fault = stray === undefined ? undefined : this.#misdirect.shift();
    if (stray === undefined || fault === undefined) return;
    const victim = this.#anyStored(fault.random) ?? file;
    const landing = SECTOR * fault.random.below(Math.ceil(victim.durableLength / SECTOR));
    if (victim !== file || landing !== stray.offset) victim.overwriteMedium(landing, stray.bytes);
    fault.onFired();
  }
}
