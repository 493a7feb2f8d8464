/** Hand-written histories: what properties are tried on, a line for a fact. */
import { Checker } from "../../src/check/checker.js";
import type { Property, PropertyReport, Violation } from "../../src/check/property.js";
import { type Fact, History, type LeaseFact, type StreamFact } from "../../src/sim/history.js";
import type { HostSpec, Json, Plan } from "../../src/sim/plan.js";
import { SECOND } from "../../src/sim/time.js";

const host = (id: string, provider: string, role: string): HostSpec => ({
  id,
  domain: { provider, region: "east" },
  role,
});

/** Three providers with a replica, a gateway and a worker each, and a shop and an observer's eye somewhere. */
const TOPOLOGY: readonly HostSpec[] = [
  host("aws-a", "aws", "replica"),
  host("gcp-a", "gcp", "replica"),
  host("azure-a", "azure", "replica"),
  host("aws-g", "aws", "gateway"),
  host("gcp-g", "gcp", "gateway"),
  host("aws-w", "aws", "worker"),
  host("gcp-w", "gcp", "worker"),
  host("shop", "gcp", "shop"),
];

/** A minute, the last third of it quiet. */
export function planOf(parts: Partial<Plan> = {}): Plan {
  return {
    format: 2,
    scenario: "test",
    seed: 1,
    topology: TOPOLOGY,
    knobs: {},
    workload: [],
    faults: [],
    defects: [],
    healAt: 40 * SECOND,
    duration: 60 * SECOND,
    ...parts,
  };
}

type Fields = { readonly [key: string]: Json };

/** Each line returns the position of its event, which evidence speaks of. */
export class HistoryBuilder {
  readonly history = new History();
  readonly plan: Plan;
  #now = 0;

  constructor(parts: Partial<Plan> = {}) {
    this.plan = planOf(parts);
  }

  /** From here on it is so many seconds. */
  at(seconds: number): this {
    this.#now = Math.round(seconds * SECOND);
    return this;
  }

  add(host: string, fact: Fact, cause = -1): number {
    this.history.add(this.#now, host, cause, fact);
    return this.history.events.length - 1;
  }

  durable(host: string, store: string, txn: number, writes: Fields): number {
    const list = Object.entries(writes).map(([key, value]) => ({ key, value }));
    return this.add(host, { kind: "durable", store, txn, writes: list });
  }

  /** One replica applied one index. */
  applied(replica: string, group: string, txn: number, writes: Fields): number {
    return this.durable(replica, `${group}@${replica}`, txn, writes);
  }

  client(
    phase: "call" | "ok" | "fail" | "info",
    operation: string,
    requestId: string,
    key: string,
    value: Json = null,
  ): number {
    return this.add("shop", { kind: "client", phase, operation, requestId, key, value });
  }

  /** A webhook that is answered at once. */
  accepted(key: string, offset: number, requestId = `${key}/1`): number {
    this.client("call", "accept", requestId, key, { orderId: key, cents: 100, currency: "EUR" });
    return this.client("ok", "accept", requestId, key, { offset, orderId: key });
  }

  stream(
    worker: string,
    kind: StreamFact["kind"],
    offset: number,
    count: number,
    group = "checkout-workers",
  ): number {
    const deliveryId = `${group}/${offset}/${count}`;
    const domain = `${worker.split("-")[0]}/east`;
    const fact = {
      stream: "orders",
      group,
      sequence: offset,
      key: "",
      deliveryId,
      deliveryCount: count,
      domain,
    };
    return this.add(worker, { kind, ...fact });
  }

  external(
    host: string,
    phase: "attempt" | "applied" | "reply",
    service: string,
    operation: string,
    token: string,
    value: Json = {},
    cause = -1,
  ): number {
    return this.add(host, { kind: "external", phase, service, operation, token, value }, cause);
  }

  state(host: string, entity: string, id: string, from: string, to: string, detail: Fields = {}): number {
    return this.add(host, { kind: "state", entity, name: id, from, to, detail });
  }

  lease(phase: LeaseFact["phase"], holder: string, epoch: number): number {
    return this.add("aws-a", { kind: "lease", phase, lease: "maintenance", holder, epoch });
  }

  operator(operation: string, detail: Fields = {}): number {
    return this.add("operator", { kind: "operator", operation, detail });
  }
}

export interface Judgement {
  readonly report: PropertyReport;
  readonly violations: readonly Violation[];
  /** The one violation's message; empty when there is none. */
  readonly message: string;
  /** The one violation's evidence. */
  readonly evidence: readonly number[];
}

/** What one property makes of a whole history. */
export function judge(property: Property, builder: HistoryBuilder, unrecoverable = false): Judgement {
  const { plan, history } = builder;
  const checker = new Checker([property], plan, (id) => {
    const event = history.events[id];
    if (event === undefined) throw new RangeError(`no event ${id}`);
    return event;
  });
  for (const event of history.events) checker.on(event);
  checker.end(plan.duration);
  const [report] = checker.reports(unrecoverable);
  if (report === undefined) throw new Error("a property without a report");
  const [violation] = checker.violations;
  return {
    report,
    violations: checker.violations,
    message: violation?.message ?? "",
    evidence: violation?.evidence ?? [],
  };
}

/** A record as the queue writes it. */
export const record = (key: string, sha256 = `sha-of-${key}`): Fields => ({
  key,
  sha256,
  schemaId: "order.v1",
  generation: 1,
  orderId: key,
});

/** A key of the idempotency store that is being worked on. */
export const reserved = (owner: string, attempt = 1, expired = false): Fields => ({
  state: "in-progress",
  owner,
  requestHash: "hash",
  value: null,
  attempt,
  expired,
});

export const completed = (owner: string, value: Json, attempt = 1): Fields => ({
  state: "completed",
  owner,
  requestHash: "hash",
  value,
  attempt,
  expired: false,
});

/** A delivery as the queue writes it. */
export const delivery = (
  offset: number,
  count: number,
  worker: string,
  group = "checkout-workers",
): Fields => ({
  deliveryId: `${group}/${offset}/${count}`,
  count,
  domain: `${worker.split("-")[0]}/east`,
  worker,
});

export const group = (...placement: string[]): Fields => ({
  placement,
  semantics: "effectively-once-with-idempotency",
});
