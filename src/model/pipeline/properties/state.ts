/**
 * The pipeline's committed state, shared by its properties: what changed with the event at hand, and where the
 * queue stands after it.
 *
 * It follows the first replica to apply each index and believes what it wrote; whether that was right is what the
 * properties ask. A record that is committed twice under one offset keeps its first content here.
 */
import type { HistoryEvent, Write } from "seedstorm";
import { type Check, ensure, type ViewKind } from "seedstorm/check";
import { type Committed, committedState, type DurableEvent } from "../../replication/properties/committed.js";
import { type Change, changeOf } from "./changes.js";

export interface CommittedRecord {
  readonly offset: number;
  readonly key: string;
  readonly sha256: string;
  readonly orderId: string;
  readonly event: DurableEvent;
}

/** One consumer group's way through the queue. */
export interface Progress {
  placement: readonly string[];
  /** By offset: the commit of its ack. */
  readonly acked: Map<number, DurableEvent>;
  readonly dead: Map<number, DurableEvent>;
}

const newProgress = (): Progress => ({ placement: [], acked: new Map(), dead: new Map() });
const NOTHING: readonly Change[] = [];

class PipelineState implements Check {
  /** The resource that changed with the event at hand; empty when nothing was committed. */
  resource = "";
  /** What became committed with the event at hand, in the order of its writes. */
  changes: readonly Change[] = NOTHING;
  /** What a replica has now applied in contradiction to committed state. */
  conflicts: readonly Change[] = NOTHING;
  /** By offset. */
  readonly records = new Map<number, CommittedRecord>();
  readonly groups = new Map<string, Progress>();
  readonly #committed: Committed;
  readonly #listeners: ((event: DurableEvent) => void)[] = [];

  constructor(committed: Committed) {
    this.#committed = committed;
  }

  on(event: HistoryEvent): void {
    this.resource = "";
    this.changes = NOTHING;
    this.conflicts = NOTHING;
    if (event.kind !== "durable") return;
    // Most applies repeat what another replica applied first: nothing has changed, and nobody is notified.
    const { news, conflict } = this.#committed;
    if (news !== undefined) {
      this.resource = news.group;
      this.changes = changesOf(news.writes);
      for (const change of this.changes) this.#note(change, event);
    } else if (conflict !== undefined) {
      this.conflicts = changesOf(conflict.writes);
    } else return;
    for (let i = 0; i < this.#listeners.length; i++) this.#listeners[i]?.(event);
  }

  /** Calls the listener with each event by which something changed or was contradicted; for use in `start`. */
  listen(listener: (event: DurableEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** How a group stands; one that was never created has no placement. */
  progress(group: string): Progress {
    return ensure(this.groups, group, newProgress);
  }

  #note(change: Change, event: DurableEvent): void {
    switch (change.of) {
      case "record":
        if (change.key !== "" && !this.records.has(change.offset)) {
          const { offset, key, sha256, orderId } = change;
          this.records.set(offset, { offset, key, sha256, orderId, event });
        }
        break;
      case "group":
        this.progress(change.group).placement = change.placement;
        break;
      case "ack":
        this.progress(change.group).acked.set(change.offset, event);
        break;
      case "dead": {
        const { dead } = this.progress(change.group);
        if (change.dead) dead.set(change.offset, event);
        else dead.delete(change.offset);
        break;
      }
      default:
        break;
    }
  }
}

function changesOf(writes: readonly Write[]): readonly Change[] {
  const changes: Change[] = [];
  for (const write of writes) {
    const change = changeOf(write);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

/** Reads durable facts; listen to it, and ask for `changes` and `conflicts` while one is at hand. */
export const pipelineState: ViewKind<PipelineState> = {
  subscribes: ["durable"],
  start: (context) => new PipelineState(context.view(committedState)),
};
