/**
 * What properties of the runner read, worked out once a run: the rows of its store and of the gateway's as they stand, what
 * each transaction has changed, what the broker has acknowledged, and what was acquired by whom.
 *
 * A row is known by what it says of itself and not by its key: that the two agree is for a property to judge. A transaction
 * that is recorded once more after a restart counts once.
 */
import type { EventOf, HistoryEvent, Json, Plan, Stamp, StreamFact } from "seedstorm";
import { fields, type ViewKind } from "seedstorm/check";
import {
  type DedupeRecord,
  type EffectRecord,
  GATEWAY_STORE,
  type OutboxItem,
  type QuarantineRecord,
  RUNNER_STORE,
  type SagaRecord,
  type ScheduleRecord,
} from "../records.js";
import { type PlannedManifests, plannedManifests, plannedSettings } from "./plan.js";

export type DurableEvent = EventOf<"durable">;
/** Facts of messages have one shape. */
export type StreamEvent = Stamp & StreamFact;

/** A row and the event that wrote it. */
export interface Row<T = Json> {
  readonly key: string;
  readonly value: T;
  readonly event: DurableEvent;
}

export interface Change {
  /** The key's first part. */
  readonly namespace: string;
  readonly key: string;
  readonly before: Row | undefined;
  /** Undefined when it was deleted. */
  readonly after: Row | undefined;
}

/** A message that a node has taken on. */
export interface Acquired {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Json;
  readonly event: HistoryEvent;
}

export class RunnerState {
  readonly settings: ReturnType<typeof plannedSettings>;
  readonly manifests: PlannedManifests;
  /** Of the runner's store and of the gateway's. */
  readonly rows = new Map<string, Row>();
  readonly aggregates = new Map<string, Row>();
  /** By the transaction at hand; empty for other events. */
  changes: readonly Change[] = [];
  gatewayChanges: readonly Change[] = [];
  /** Among `changes`: the markers of events that were processed. */
  markers: readonly Row<DedupeRecord>[] = [];
  /** Acknowledged publishes by stream and message id. */
  readonly published = new Map<string, StreamEvent>();
  /** Message ids by `stream/sequence`. */
  readonly ids = new Map<string, string>();
  /** The first acquisition of each message, by `stream/sequence`. */
  readonly acquired = new Map<string, Acquired>();
  /** What the event at hand acquires. */
  acquires: Acquired | undefined;
  readonly #seen = new Map<string, number>();

  constructor(plan: Plan) {
    this.settings = plannedSettings(plan.knobs);
    this.manifests = plannedManifests(plan.knobs);
  }

  on(event: HistoryEvent): void {
    this.changes = NONE;
    this.gatewayChanges = NONE;
    this.markers = NO_MARKERS;
    this.acquires = undefined;
    switch (event.kind) {
      case "durable":
        if (event.store.startsWith(`${RUNNER_STORE}@`)) {
          this.changes = this.#apply(this.rows, event);
          this.markers = this.changes.flatMap(({ after }) => asMarker(after) ?? []);
        } else if (event.store.startsWith(`${GATEWAY_STORE}@`)) {
          this.gatewayChanges = this.#apply(this.aggregates, event);
        }
        return;
      case "publish-ack": {
        const key = `${event.stream} ${event.key}`;
        if (!this.published.has(key)) this.published.set(key, event);
        this.ids.set(`${event.stream}/${event.sequence}`, event.key);
        return;
      }
      case "state":
        if (event.entity === "work" && event.to === "acquired") this.acquires = this.#acquire(event);
    }
  }

  /** The rows of a namespace that are there. */
  *in<T>(namespace: string): Iterable<Row<T>> {
    const prefix = `${namespace}:`;
    for (const row of this.rows.values()) if (row.key.startsWith(prefix)) yield row as unknown as Row<T>;
  }

  /** Rows of a namespace that the transaction at hand has made: nothing stood there before. */
  made<T = Json>(namespace: string): Row<T>[] {
    return this.changes.flatMap(({ namespace: its, before, after }) =>
      its === namespace && before === undefined && after !== undefined ? [after as unknown as Row<T>] : [],
    );
  }

  /** Names of the sagas that an event of this type triggers. */
  triggered(stream: string, type: string): string[] {
    const { streams } = this.settings;
    const role = stream === streams.events ? "events" : stream === streams.facts ? "facts" : undefined;
    return this.manifests.sagas
      .filter(({ triggers }) => triggers.some((each) => each.stream === role && each.types.includes(type)))
      .map(({ name }) => name);
  }

  #apply(rows: Map<string, Row>, event: DurableEvent): readonly Change[] {
    if (event.txn <= (this.#seen.get(event.store) ?? 0)) return NONE;
    this.#seen.set(event.store, event.txn);
    return event.writes.map(({ key, value }) => {
      const before = rows.get(key);
      const after = value === null ? undefined : { key, value, event };
      if (after === undefined) rows.delete(key);
      else rows.set(key, after);
      return { namespace: key.slice(0, key.indexOf(":")), key, before, after };
    });
  }

  #acquire(event: EventOf<"state">): Acquired {
    const slash = event.name.lastIndexOf("/");
    const acquired: Acquired = {
      stream: event.name.slice(0, slash),
      sequence: Number(event.name.slice(slash + 1)),
      subject: String(event.detail.subject),
      headers: (fields(event.detail.headers) ?? {}) as Readonly<Record<string, string>>, // headers are texts
      data: event.detail.data ?? null,
      event,
    };
    if (!this.acquired.has(event.name)) this.acquired.set(event.name, acquired);
    return acquired;
  }
}

const NONE: readonly Change[] = [];
const NO_MARKERS: readonly Row<DedupeRecord>[] = [];

export const runnerState: ViewKind<RunnerState> = {
  subscribes: ["durable", "publish-ack", "state"],
  start: ({ plan }) => new RunnerState(plan),
};

type Recorded<T> = Row<T> | undefined;

// What stands in a namespace is put there by the runner alone, and has this shape.
export const asSaga = (row: Row | undefined): Recorded<SagaRecord> => row as unknown as Recorded<SagaRecord>;
export const asOutbox = (row: Row | undefined): Recorded<OutboxItem> =>
  row as unknown as Recorded<OutboxItem>;
export const asSchedule = (row: Row | undefined): Recorded<ScheduleRecord> =>
  row as unknown as Recorded<ScheduleRecord>;
export const asQuarantine = (row: Row | undefined): Recorded<QuarantineRecord> =>
  row as unknown as Recorded<QuarantineRecord>;

/** The marker of a processed event; undefined for the gate of an effect, which has the same namespace. */
export function asMarker(row: Row | undefined): Recorded<DedupeRecord> {
  const isMarker = row?.key.startsWith("dedupe:") === true && fields(row.value)?.eventId !== undefined;
  return !isMarker ? undefined : (row as unknown as Recorded<DedupeRecord>);
}

export function asEffect(row: Row | undefined): Recorded<EffectRecord> {
  const isGate = row?.key.startsWith("dedupe:") === true && fields(row.value)?.phase !== undefined;
  return !isGate ? undefined : (row as unknown as Recorded<EffectRecord>);
}

/** `fulfilment of order-1 of acme` */
export const instanceText = ({
  tenant,
  saga,
  correlation,
}: Pick<SagaRecord, "tenant" | "saga" | "correlation">): string =>
  `${saga} of ${correlation} of tenant "${tenant}"`;

export const instanceKey = ({
  tenant,
  saga,
  correlation,
}: Pick<SagaRecord, "tenant" | "saga" | "correlation">): string =>
  JSON.stringify([tenant, saga, correlation]);
