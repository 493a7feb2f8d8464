/**
 * The committed state of replicated resources, as their replicas' histories tell it.
 *
 * Every replica writes down what it applied at each log index. The first to apply an index defines what is
 * committed there; every other must have written the same. So most of what properties ask is answered once an
 * index, not once a replica: `news` is what became committed with the event at hand, `repeat` says that one more
 * replica agreed, and `conflict` that it did not. A replayed apply after a restart is a repeat like any other.
 *
 * What can't be seen here: the inside of a snapshot (only its digest is recorded), and indexes whose command
 * wrote nothing.
 */
import type { EventOf, HistoryEvent, Write } from "seedstorm";
import { type Check, same, type ViewKind } from "seedstorm/check";
import { type StoreOfEvent, storeOfEvent } from "./stores.js";

export type DurableEvent = EventOf<"durable">;

/** What one log index of a group came to. */
export interface CommittedTxn {
  readonly group: string;
  readonly index: number;
  readonly writes: readonly Write[];
  /** The first replica's apply. */
  readonly event: DurableEvent;
}

/** A replica that applied something else at an index. */
export interface ConflictingTxn {
  readonly committed: CommittedTxn;
  readonly writes: readonly Write[];
  readonly event: DurableEvent;
}

export class Committed implements Check {
  /** What became committed with the event at hand. */
  news: CommittedTxn | undefined = undefined;
  /** What another replica has now applied as well. */
  repeat: CommittedTxn | undefined = undefined;
  /** What a replica has now applied differently. */
  conflict: ConflictingTxn | undefined = undefined;
  readonly #store: StoreOfEvent;
  readonly #groups = new Map<string, Map<number, CommittedTxn>>();

  constructor(store: StoreOfEvent) {
    this.#store = store;
  }

  on(event: HistoryEvent): void {
    this.news = undefined;
    this.repeat = undefined;
    this.conflict = undefined;
    if (event.kind !== "durable") return;
    const { of, group } = this.#store.name;
    if (of !== "resource" || isSnapshot(event)) return;
    let txns = this.#groups.get(group);
    if (txns === undefined) {
      txns = new Map();
      this.#groups.set(group, txns);
    }
    const known = txns.get(event.txn);
    if (known === undefined) {
      this.news = { group, index: event.txn, writes: event.writes, event };
      txns.set(event.txn, this.news);
    } else if (sameWrites(known.writes, event.writes)) {
      this.repeat = known;
    } else {
      this.conflict = { committed: known, writes: event.writes, event };
    }
  }
}

/** Reads durable facts; ask for `news`, `repeat` and `conflict` while one is at hand. */
export const committedState: ViewKind<Committed> = {
  subscribes: ["durable"],
  start: (context) => new Committed(context.view(storeOfEvent)),
};

/** Whether a replica installed a snapshot rather than applied a command. */
export function isSnapshot(event: DurableEvent): boolean {
  return event.writes.length === 1 && event.writes[0]?.key === "snapshot";
}

function sameWrites(a: readonly Write[], b: readonly Write[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const left = a[i];
    const right = b[i];
    if (left?.key !== right?.key || !same(left?.value, right?.value)) return false;
  }
  return true;
}
