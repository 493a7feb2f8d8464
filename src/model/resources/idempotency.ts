/**
 * The replicated idempotency store: who does a thing, and what came of it, once for each key.
 *
 * A key is new → in progress (with an owner and an attempt) → completed (with a value, for ever). Promises: one
 * attempt at a time holds a key; a repeat with the same request is answered with the stored value; a repeat with another
 * request is a conflict; an owner that falls silent loses the key when its reservation expires, and then a later
 * reserve takes over as the next attempt; only the current attempt may complete or release.
 *
 * Leaves out: undoing what a silent owner had begun. Whoever takes over repeats it with the same tokens.
 */
import type { Json, Micros, Write } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Applied, Deadline, LogPosition, StateMachine } from "../replication/machine.js";
import { Deadlines } from "./deadlines.js";
import { Fence } from "./fence.js";
import { type Defects, type Refused, refused, SCHEMAS } from "./types.js";

interface OfAttempt {
  readonly key: string;
  readonly owner: string;
  readonly attempt: number;
}

interface ReserveCommand {
  readonly type: "reserve";
  readonly key: string;
  readonly requestHash: string;
  readonly owner: string;
  readonly schemaId: string;
}

export type IdempotencyCommand =
  | ReserveCommand
  | ({ readonly type: "complete"; readonly value: Json } & OfAttempt)
  | ({ readonly type: "release" } & OfAttempt)
  /** The reservation that was made at this log index has run out. */
  | { readonly type: "expire"; readonly key: string; readonly since: number }
  /** Forgets what was completed longer ago than the last `keep` log entries. */
  | { readonly type: "prune"; readonly keep: number; readonly epoch: number }
  | { readonly type: "raise-fence"; readonly epoch: number };

export type Reserved =
  | { readonly ok: true; readonly state: "new"; readonly attempt: number }
  | { readonly ok: true; readonly state: "in-progress" }
  | { readonly ok: true; readonly state: "completed"; readonly value: Json };
export interface Done {
  readonly ok: true;
  readonly state: "done";
  readonly count: number;
}
export type IdempotencyResult = Reserved | Done | Refused;

export interface IdempotencyOptions {
  /** How long a reservation is held for an owner that says nothing. */
  readonly reservation: Micros;
}

/** One key; immutable, replaced on change. */
interface Entry {
  readonly state: "in-progress" | "completed";
  readonly owner: string;
  readonly requestHash: string;
  readonly value: Json;
  readonly attempt: number;
  /** The reservation ran out and may be taken over. */
  readonly expired: boolean;
  /**
   * Log index of the reservation, which tells it from all others: attempts begin anew when a key was released, and an
   * expiry may be under way meanwhile.
   */
  readonly since: number;
}

interface IdempotencySnapshot {
  readonly entries: readonly (readonly [string, Entry])[];
  readonly completions: readonly (readonly [string, number])[];
  readonly fence: number;
}

type Result = Applied<IdempotencyResult>;
const NO_WRITES: readonly Write[] = [];
const refuse = (reason: Refused["reason"]): Result => ({ result: refused(reason), writes: NO_WRITES });
const done = (count: number, writes: readonly Write[]): Result => ({
  result: { ok: true, state: "done", count },
  writes,
});

export class IdempotencyMachine implements StateMachine<IdempotencyCommand, IdempotencyResult> {
  readonly #options: IdempotencyOptions;
  readonly #defects: Defects;
  readonly #fence: Fence;
  readonly #deadlines = new Deadlines<IdempotencyCommand>();
  readonly #entries = new Map<string, Entry>();
  /** Completed keys with the log index of their completion, oldest first; pruned from `#pruned` on. */
  #completions: (readonly [string, number])[] = [];
  #pruned = 0;

  constructor(options: IdempotencyOptions, defects: Defects) {
    this.#options = options;
    this.#defects = defects;
    this.#fence = new Fence(defects, "GW9");
  }

  apply(command: IdempotencyCommand, position: LogPosition): Result {
    switch (command.type) {
      case "reserve":
        return this.#reserve(command, position.index);
      case "complete":
        return this.#complete(command, command.value, position);
      case "release":
        return this.#release(command);
      case "expire":
        return this.#expire(command.key, command.since);
      case "prune":
        return this.#prune(position.index - command.keep, command.epoch);
      case "raise-fence": {
        if (!this.#fence.admits(command.epoch)) return refuse("fenced");
        const writes: Write[] = [];
        this.#fence.accept(command.epoch, writes);
        return done(0, writes);
      }
    }
  }

  #reserve({ key, requestHash, owner, schemaId }: ReserveCommand, since: number): Result {
    if (schemaId !== SCHEMAS.effect) return refuse("unknown-schema");
    const found = this.#entries.get(key);
    if (found !== undefined) {
      if (found.requestHash !== requestHash && !this.#defects("GW5")) return refuse("conflict");
      if (found.state === "completed") {
        return { result: { ok: true, state: "completed", value: found.value }, writes: NO_WRITES };
      }
      if (!found.expired && !this.#defects("check-then-act-on-one-key")) {
        return { result: { ok: true, state: "in-progress" }, writes: NO_WRITES };
      }
    }
    const attempt = (found?.attempt ?? 0) + 1;
    const entry: Entry = {
      state: "in-progress",
      owner,
      requestHash,
      value: null,
      attempt,
      expired: false,
      since,
    };
    if (!this.#defects("reservation-never-released")) this.#watch(key, since);
    return { result: { ok: true, state: "new", attempt }, writes: [this.#put(key, entry)] };
  }

  #watch(key: string, since: number): void {
    this.#deadlines.set({
      key: `reservation/${key}`,
      generation: since,
      after: this.#options.reservation,
      command: { type: "expire", key, since },
    });
  }

  #put(key: string, entry: Entry): Write {
    invariant(this.#entries.get(key)?.state !== "completed", "what is completed never changes");
    this.#entries.set(key, entry);
    const { since: _, ...shown } = entry;
    return { key: `key/${key}`, value: shown };
  }

  /** The entry that this owner's attempt holds; one that expired and was not taken over still is. */
  #held(of: OfAttempt): Entry | undefined {
    const found = this.#entries.get(of.key);
    return found?.owner === of.owner && found.attempt === of.attempt ? found : undefined;
  }

  #complete(of: OfAttempt, value: Json, position: LogPosition): Result {
    const held = this.#held(of);
    if (held === undefined) return refuse("not-held");
    if (held.state === "completed") return done(0, NO_WRITES);
    this.#deadlines.drop(`reservation/${of.key}`);
    this.#completions.push([of.key, position.index]);
    return done(1, [this.#put(of.key, { ...held, state: "completed", value, expired: false })]);
  }

  #release(of: OfAttempt): Result {
    const held = this.#held(of);
    if (held === undefined || held.state === "completed") return refuse("not-held");
    this.#deadlines.drop(`reservation/${of.key}`);
    this.#entries.delete(of.key);
    return done(1, [{ key: `key/${of.key}`, value: null }]);
  }

  #expire(key: string, since: number): Result {
    const found = this.#entries.get(key);
    if (found?.state !== "in-progress" || found.since !== since || found.expired) return done(0, NO_WRITES);
    this.#deadlines.drop(`reservation/${key}`);
    return done(1, [this.#put(key, { ...found, expired: true })]);
  }

  #prune(below: number, epoch: number): Result {
    if (!this.#fence.admits(epoch)) return refuse("fenced");
    const writes: Write[] = [];
    this.#fence.accept(epoch, writes);
    const before = this.#pruned;
    for (let next = this.#completions[this.#pruned]; next !== undefined && next[1] < below; ) {
      const isCompleted = this.#entries.get(next[0])?.state === "completed";
      invariant(isCompleted, "only what is completed is pruned, and once");
      this.#entries.delete(next[0]);
      writes.push({ key: `key/${next[0]}`, value: null });
      this.#pruned += 1;
      next = this.#completions[this.#pruned];
    }
    return done(this.#pruned - before, writes);
  }

  deadlines(): readonly Deadline<IdempotencyCommand>[] {
    return this.#deadlines.list();
  }

  snapshot(): Json {
    const snapshot: IdempotencySnapshot = {
      entries: [...this.#entries],
      completions: this.#completions.slice(this.#pruned),
      fence: this.#fence.highest,
    };
    return snapshot as unknown as Json; // plain data throughout
  }

  restore(json: Json): void {
    const from = json as unknown as IdempotencySnapshot; // written by `snapshot`
    this.#entries.clear();
    this.#deadlines.clear();
    for (const [key, entry] of from.entries) {
      this.#entries.set(key, entry);
      if (entry.state === "in-progress" && !entry.expired) this.#watch(key, entry.since);
    }
    this.#completions = [...from.completions];
    this.#pruned = 0;
    this.#fence.highest = from.fence;
  }
}
