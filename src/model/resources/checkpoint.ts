/**
 * The replicated checkpoint pointer: which immutable object is the latest checkpoint.
 *
 * The object is made durable first, at a quorum of the providers' object stores; then the pointer is moved by
 * compare-and-set. Promises: the version goes up by one with each save and never otherwise; a save on a stale
 * version, under a lower lease epoch, without a quorum of copies, under another policy, or of a state older than
 * the saved one is refused. Only an operator's reset may go back to an older state.
 *
 * Leaves out: looking into the object stores. Which copies exist is the saver's word; a restore checks the hash.
 */
import type { Json, Write } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Applied, Deadline, StateMachine } from "../replication/machine.js";
import { Fence } from "./fence.js";
import { type Defects, POLICY_HASH, type Refused, refused, SCHEMAS } from "./types.js";

export type CheckpointCommand =
  | {
      readonly type: "save";
      readonly name: string;
      /** The version that the saver read; 0 when there was none. */
      readonly expectedVersion: number;
      readonly sha256: string;
      readonly bytes: number;
      /** The queue's cursor in the saved state: it must not go back. */
      readonly cursor: number;
      /** Providers whose stores acknowledged the object. */
      readonly objectCopies: readonly string[];
      readonly epoch: number;
      readonly schemaId: string;
      readonly policyHash: string;
    }
  /** An operator says that the state may start over: the next save may have a lower cursor. */
  | { readonly type: "reset"; readonly name: string }
  | { readonly type: "raise-fence"; readonly epoch: number };

export interface Pointer {
  readonly version: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly cursor: number;
  readonly epoch: number;
  readonly objectCopies: readonly string[];
}

export interface Saved {
  readonly ok: true;
  readonly version: number;
}
export type CheckpointResult = Saved | Refused;

export interface CheckpointOptions {
  /** How many providers' stores must have acknowledged an object. */
  readonly quorum: number;
}

interface CheckpointSnapshot {
  readonly pointers: readonly (readonly [string, Pointer])[];
  readonly resets: readonly string[];
  readonly fence: number;
}

type Result = Applied<CheckpointResult>;
const NO_WRITES: readonly Write[] = [];
const NO_DEADLINES: readonly Deadline<CheckpointCommand>[] = [];
const refuse = (reason: Refused["reason"]): Result => ({ result: refused(reason), writes: NO_WRITES });

export class CheckpointMachine implements StateMachine<CheckpointCommand, CheckpointResult> {
  readonly #options: CheckpointOptions;
  readonly #defects: Defects;
  readonly #fence: Fence;
  readonly #pointers = new Map<string, Pointer>();
  /** Checkpoints whose next save may go back. */
  readonly #resets = new Set<string>();

  constructor(options: CheckpointOptions, defects: Defects) {
    this.#options = options;
    this.#defects = defects;
    this.#fence = new Fence(defects);
  }

  pointer(name: string): Pointer | undefined {
    return this.#pointers.get(name);
  }

  apply(command: CheckpointCommand): Result {
    switch (command.type) {
      case "save":
        return this.#save(command);
      case "reset":
        this.#resets.add(command.name);
        return { result: { ok: true, version: this.#versionOf(command.name) }, writes: NO_WRITES };
      case "raise-fence": {
        if (!this.#fence.admits(command.epoch)) return refuse("fenced");
        const writes: Write[] = [];
        this.#fence.accept(command.epoch, writes);
        return { result: { ok: true, version: 0 }, writes };
      }
    }
  }

  #versionOf(name: string): number {
    return this.#pointers.get(name)?.version ?? 0;
  }

  #save(save: CheckpointCommand & { readonly type: "save" }): Result {
    const { name, sha256, bytes, cursor, epoch, objectCopies } = save;
    if (save.schemaId !== SCHEMAS.checkpoint) return refuse("unknown-schema");
    if (save.policyHash !== POLICY_HASH) return refuse("wrong-policy-hash");
    if (!this.#fence.admits(epoch)) return refuse("fenced");
    if (new Set(objectCopies).size < this.#options.quorum && !this.#defects("GW7")) {
      return refuse("object-not-durable");
    }
    const stale = save.expectedVersion !== this.#versionOf(name);
    if (stale && !this.#defects("cas-on-stale-version")) return refuse("version-conflict");
    const before = this.#pointers.get(name);
    const regresses = before !== undefined && cursor < before.cursor && !this.#resets.has(name);
    if (regresses && !this.#defects("checkpoint-regression")) return refuse("version-conflict");
    const version = save.expectedVersion + 1;
    const pointer: Pointer = { version, sha256, bytes, cursor, epoch, objectCopies };
    this.#pointers.set(name, pointer);
    this.#resets.delete(name);
    const writes: Write[] = [{ key: `pointer/${name}`, value: { ...pointer } }];
    this.#fence.accept(epoch, writes);
    return { result: { ok: true, version }, writes };
  }

  deadlines(): readonly Deadline<CheckpointCommand>[] {
    return NO_DEADLINES;
  }

  snapshot(): Json {
    const snapshot: CheckpointSnapshot = {
      pointers: [...this.#pointers],
      resets: [...this.#resets],
      fence: this.#fence.highest,
    };
    return snapshot as unknown as Json; // plain data throughout
  }

  restore(json: Json): void {
    const from = json as unknown as CheckpointSnapshot; // written by `snapshot`
    this.#pointers.clear();
    for (const [name, pointer] of from.pointers) {
      invariant(pointer.version > 0, "a pointer has a version from its first save on");
      this.#pointers.set(name, pointer);
    }
    this.#resets.clear();
    for (const name of from.resets) this.#resets.add(name);
    this.#fence.highest = from.fence;
  }
}
