/**
 * What the mirror's parts have made durable and said of themselves, read once an event for all properties:
 * rows of the replication log with the states that they lead to, replicas, the directory, consumers.
 *
 * The states are worked out here again, from nothing but the rows: a complete state replaces all before it, a
 * change counts only where it follows the state before it. Rows of a type or content that nobody can decode
 * are known by their place alone. A log that restarts tells its rows again; repeats are no news.
 */
import type { EventOf, HistoryEvent, Json, Write } from "seedstorm";
import { type Check, ensure, fields as objectOf, same, text, type ViewKind, whole } from "seedstorm/check";

export type DurableEvent = EventOf<"durable">;
export type StateEvent = EventOf<"state">;

/** One row of the replication log. */
export interface Row {
  readonly grain: string;
  readonly sequence: number;
  readonly epoch: number;
  readonly source: string;
  /** `other`: nobody can decode it. */
  readonly type: "full-state" | "delta" | "other";
  /** As it was recorded. */
  readonly value: Json;
  /** What the row itself carries; undefined for `other`. */
  readonly carries: Json | undefined;
  /** The whole state after it; undefined when it can't be known. */
  readonly state: Json | undefined;
  readonly event: DurableEvent;
}

/** The log of one grain. */
export interface GrainLog {
  readonly rows: Row[];
  readonly bySequence: Map<number, Row>;
  newestFullState: Row | undefined;
  /** The newest row that can be decoded. */
  newest: Row | undefined;
}

export type MirrorChange =
  | { readonly of: "row"; readonly row: Row }
  | {
      readonly of: "applied";
      readonly host: string;
      readonly grain: string;
      readonly sequence: number;
      readonly fields: Json;
    }
  /** A replica store was opened, with these grains in it and no others. */
  | {
      readonly of: "opened";
      readonly host: string;
      readonly kept: boolean;
      readonly replicas: ReadonlyMap<string, number>;
    }
  | {
      readonly of: "placed";
      readonly grain: string;
      /** Undefined: the grain was taken out. */
      readonly cluster: string | undefined;
      readonly epoch: number;
    };

const LOG = "replication-log";
const DIRECTORY = "directory";
const REPLICA = "replica@";
/** Key of the first write of a replica store that was opened. */
const OPENED = "opened";

export class MirrorState implements Check {
  /** What the event at hand has changed. */
  changes: readonly MirrorChange[] = [];
  readonly logs = new Map<string, GrainLog>();
  /** What stands in each replica now, by host and grain. */
  readonly applied = new Map<string, Map<string, number>>();

  on(event: HistoryEvent): void {
    this.changes = [];
    if (event.kind !== "durable") return;
    if (event.store === LOG) this.changes = this.#logWritten(event);
    else if (event.store === DIRECTORY) this.changes = event.writes.flatMap(placed);
    else if (event.store.startsWith(REPLICA)) this.changes = this.#replicaWritten(event);
  }

  log(grain: string): GrainLog {
    return ensure(this.logs, grain, () => ({
      rows: [],
      bySequence: new Map(),
      newestFullState: undefined,
      newest: undefined,
    }));
  }

  appliedAt(host: string, grain: string): number {
    return this.applied.get(host)?.get(grain) ?? 0;
  }

  #logWritten(event: DurableEvent): MirrorChange[] {
    const changes: MirrorChange[] = [];
    for (const write of event.writes) {
      const place = placeOf(write.key);
      if (place === undefined) continue;
      const log = this.log(place.grain);
      const known = log.bySequence.get(place.sequence);
      if (known !== undefined && same(known.value, write.value)) continue;
      const row = rowOf(place.grain, place.sequence, write.value, log.newest, event);
      log.rows.push(row);
      log.bySequence.set(row.sequence, row);
      if (row.type === "full-state") log.newestFullState = row;
      if (row.type !== "other") log.newest = row;
      changes.push({ of: "row", row });
    }
    return changes;
  }

  #replicaWritten(event: DurableEvent): MirrorChange[] {
    const host = event.store.slice(REPLICA.length);
    const first = event.writes[0];
    if (first?.key === OPENED) {
      const replicas = new Map<string, number>();
      for (const { key, value } of event.writes.slice(1)) replicas.set(key, whole(value, "sequence") ?? 0);
      this.applied.set(host, new Map(replicas));
      return [{ of: "opened", host, kept: first.value === "kept", replicas }];
    }
    const applied = ensure(this.applied, host, () => new Map<string, number>());
    return appliedBy(event).map(({ grain, sequence, value }) => {
      applied.set(grain, sequence);
      return { of: "applied", host, grain, sequence, fields: objectOf(value)?.fields ?? null };
    });
  }
}

interface Application {
  readonly grain: string;
  readonly sequence: number;
  readonly value: Json;
}

/** What a replica applied; nothing where the fact is not a replica's, or says what one was opened with. */
export function appliedBy({ store, writes }: DurableEvent): readonly Application[] {
  if (!store.startsWith(REPLICA) || writes[0]?.key === OPENED) return [];
  return writes.map(({ key: grain, value }) => ({ grain, sequence: whole(value, "sequence") ?? 0, value }));
}

/** Reads durable facts; ask for `changes` while one is at hand. */
export const mirrorState: ViewKind<MirrorState> = {
  subscribes: ["durable"],
  start: () => new MirrorState(),
};

/** `cart/ada@west`: the grain, and the host that a part of it is on. */
export function placeOfGrain(name: string): { readonly grain: string; readonly host: string } {
  const at = name.lastIndexOf("@");
  return { grain: name.slice(0, at), host: name.slice(at + 1) };
}

/** Whether two states are the same. */
export const sameState = same;

function placeOf(key: string): { readonly grain: string; readonly sequence: number } | undefined {
  if (!key.startsWith("row/")) return undefined;
  const slash = key.lastIndexOf("/");
  return { grain: key.slice(4, slash), sequence: Number(key.slice(slash + 1)) };
}

function rowOf(
  grain: string,
  sequence: number,
  value: Json,
  before: Row | undefined,
  event: DurableEvent,
): Row {
  const type = text(value, "type");
  const carries = parsed(text(value, "payload"));
  const epoch = whole(value, "epoch") ?? 0;
  const row = { grain, sequence, epoch, source: text(value, "source"), value, event };
  if (carries === undefined || (type !== "full-state" && type !== "delta")) {
    return { ...row, type: "other", carries: undefined, state: undefined };
  }
  if (type === "full-state") return { ...row, type, carries, state: carries };
  const follows = before?.state !== undefined && before.sequence === whole(value, "after");
  return { ...row, type, carries, state: follows ? merged(before.state, carries) : undefined };
}

function parsed(payload: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return objectOf(value as Json); // what JSON.parse gives is plain data
  } catch {
    return undefined;
  }
}

function merged(state: Json | undefined, change: Json): Json {
  return { ...objectOf(state), ...objectOf(change) };
}

function placed({ key, value }: Write): MirrorChange[] {
  if (!key.startsWith("grain/")) return [];
  const cluster = text(value, "cluster");
  return [
    {
      of: "placed",
      grain: key.slice("grain/".length),
      cluster: cluster === "" ? undefined : cluster,
      epoch: whole(value, "epoch") ?? 0,
    },
  ];
}
