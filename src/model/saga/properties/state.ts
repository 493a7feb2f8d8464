/**
 * What the engine's database says, and what the cloud says: runs, steps, leases and calls as they stand after
 * each event.
 *
 * A transaction is taken as a whole: `changes` tells what the event at hand has changed, with all of it in
 * place. One that is recorded again counts once, unless it has become a different one: then something that
 * was durable no longer is, and what took its place is what counts. The cloud's own word on what it applied
 * is kept by run and step, as the tokens of calls name them.
 */
import type { EventOf, HistoryEvent, Json } from "seedstorm";
import { type Check, ensure, fields, same, text, texts, type ViewKind, whole } from "seedstorm/check";

export type DurableEvent = EventOf<"durable">;
export type ExternalEvent = EventOf<"external">;
export type Fields = { readonly [key: string]: Json };

export interface Run {
  readonly id: string;
  readonly status: string;
  readonly steps: number;
  readonly currentStepIdx: number;
  readonly compensateIdx: number | undefined;
  readonly context: Fields;
  readonly cancelRequested: boolean;
  readonly leaseEpoch: number;
  readonly event: DurableEvent;
}

export interface Step {
  readonly idx: number;
  readonly name: string;
  readonly status: string;
  readonly output: Fields;
  readonly attempts: number;
  readonly event: DurableEvent;
}

export interface Lease {
  readonly key: string;
  readonly holder: string | undefined;
  readonly epoch: number;
  readonly since: number;
  readonly until: number;
  readonly event: DurableEvent;
}

export type SagaChange =
  | { readonly of: "run"; readonly saga: Saga; readonly before: Run | undefined; readonly after: Run }
  | { readonly of: "step"; readonly saga: Saga; readonly before: Step | undefined; readonly after: Step }
  | { readonly of: "lease"; readonly saga: Saga; readonly before: Lease | undefined; readonly after: Lease };

/** Everything about one run. */
export interface Saga {
  readonly id: string;
  run: Run | undefined;
  readonly steps: Map<number, Step>;
  /** By key: a sound engine has one. */
  readonly leases: Map<string, Lease>;
  /** When compensation began. */
  turned: DurableEvent | undefined;
  /** When it ended, whichever way. */
  ended: DurableEvent | undefined;
}

/** What the token of a call names; undefined for a call that belongs to no run. */
export interface Named {
  readonly saga: string;
  readonly idx: number;
  /** Whether it is the inverse of the step's own call. */
  readonly undo: boolean;
}

export const INPUTS = "__inputs__";
const NOTHING: readonly string[] = [];
/** The database's name in the history, on whichever host it is. */
const DATABASE = "provisioning@";
const TERMINAL = new Set(["completed", "rolled_back", "failed"]);

/** Whether the database made it durable, and no other store. */
export const isOfDatabase = ({ store }: DurableEvent): boolean => store.startsWith(DATABASE);
export const isTerminal = (status: string): boolean => TERMINAL.has(status);

export class SagaState implements Check {
  /** What the event at hand has changed. */
  changes: readonly SagaChange[] = [];
  readonly sagas = new Map<string, Saga>();
  /** Keys of rows that the event at hand has written; `rows` has what stands there now. */
  written: readonly string[] = NOTHING;
  /** Every row that there is, by its key. */
  readonly rows = new Map<string, Fields>();
  /** By number: every transaction so far. */
  readonly #recorded: DurableEvent[] = [];

  on(event: HistoryEvent): void {
    this.changes = [];
    this.written = NOTHING;
    if (event.kind !== "durable" || !isOfDatabase(event)) return;
    const recorded = this.#recorded[event.txn];
    if (recorded !== undefined && same(recorded.writes as unknown as Json, event.writes as unknown as Json))
      return;
    this.#recorded[event.txn] = event;
    const changes: SagaChange[] = [];
    this.written = event.writes.map(({ key }) => key);
    for (const { key, value } of event.writes) {
      const row = fields(value);
      if (row === undefined) this.rows.delete(key);
      else this.rows.set(key, row);
      const change = row === undefined ? undefined : this.#changed(key, row, event);
      if (change !== undefined) changes.push(change);
    }
    this.changes = changes;
  }

  saga(id: string): Saga {
    return ensure(this.sagas, id, () => ({
      id,
      run: undefined,
      steps: new Map(),
      leases: new Map(),
      turned: undefined,
      ended: undefined,
    }));
  }

  /** The run and step that a call belongs to. */
  named(token: string): Named | undefined {
    const [saga = "", idx = "", ...rest] = token.split(":");
    if (this.sagas.get(saga)?.run === undefined || !/^\d+$/.test(idx)) return undefined;
    return { saga, idx: Number(idx), undo: rest[rest.length - 1] === "undo" };
  }

  #changed(key: string, row: Fields, event: DurableEvent): SagaChange | undefined {
    switch (key.slice(0, key.indexOf("/"))) {
      case "run": {
        const saga = this.saga(text(row, "id"));
        const before = saga.run;
        const after = runOf(row, event);
        saga.run = after;
        if (after.status === "compensating") saga.turned ??= event;
        if (isTerminal(after.status)) saga.ended ??= event;
        return { of: "run", saga, before, after };
      }
      case "step": {
        const saga = this.saga(text(row, "sagaId"));
        const after = stepOf(row, event);
        const before = saga.steps.get(after.idx);
        saga.steps.set(after.idx, after);
        return { of: "step", saga, before, after };
      }
      case "lease": {
        const saga = this.saga(text(row, "sagaId"));
        const before = saga.leases.get(key);
        const after = leaseOf(key, row, event);
        saga.leases.set(key, after);
        return { of: "lease", saga, before, after };
      }
      default:
        return undefined;
    }
  }
}

/** Reads durable facts; ask for `changes` while one is at hand. */
export const sagaState: ViewKind<SagaState> = { subscribes: ["durable"], start: () => new SagaState() };

function runOf(row: Fields, event: DurableEvent): Run {
  return {
    id: text(row, "id"),
    status: text(row, "status"),
    steps: texts(row, "stepModules").length,
    currentStepIdx: whole(row, "currentStepIdx") ?? 0,
    compensateIdx: whole(row, "compensateIdx"),
    context: fields(row.context) ?? {},
    cancelRequested: row.cancelRequested === true,
    leaseEpoch: whole(row, "leaseEpoch") ?? 0,
    event,
  };
}

function stepOf(row: Fields, event: DurableEvent): Step {
  return {
    idx: whole(row, "stepIdx") ?? -1,
    name: text(row, "name"),
    status: text(row, "status"),
    output: fields(row.output) ?? {},
    attempts: whole(row, "attempts") ?? 0,
    event,
  };
}

function leaseOf(key: string, row: Fields, event: DurableEvent): Lease {
  const holder = text(row, "holder");
  return {
    key,
    holder: holder === "" ? undefined : holder,
    epoch: whole(row, "epoch") ?? 0,
    since: whole(row, "since") ?? 0,
    until: whole(row, "until") ?? 0,
    event,
  };
}
