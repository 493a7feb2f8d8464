/**
 * A toy system for tests of reports: couriers in three clouds elect a dispatcher, who hands out the orders of two shops. It
 * has all that reports draw: messages, requests, a service outside, leaders with terms, a lease with epochs. Its flaw is
 * real: whoever does not hear a dispatcher for a while becomes one, so that a partition brings forth two of them and an
 * order that is paid twice.
 */

import type { Property } from "../../src/check/property.js";
import { orderLatencies } from "../../src/model/pipeline/properties/latencies.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import type { HistoryEvent } from "../../src/sim/history.js";
import { type Host, message, rpc, TIMED_OUT } from "../../src/sim/host.js";
import type { HostSpec, Operation, Plan } from "../../src/sim/plan.js";
import { ms, seconds } from "../../src/sim/time.js";
import type { World } from "../../src/sim/world.js";
import type { System } from "../../src/storm/scenario.js";

const ORDER = rpc<{ readonly order: string }, { readonly offset: number } | null>("orders/accept");
const HAND_OVER = message<{ readonly order: string; readonly offset: number; readonly term: number }>(
  "orders/hand-over",
);
const HEARTBEAT = message<{ readonly term: number }>("beat");

const spec = (
  id: string,
  provider: string,
  region: string,
  zone: string | undefined,
  role: string,
): HostSpec => ({
  id,
  domain: zone === undefined ? { provider, region } : { provider, region, zone },
  role,
});

export const COURIERS: readonly HostSpec[] = [
  spec("courier-aws-a", "aws", "us-east", "a", "courier"),
  spec("courier-aws-b", "aws", "us-east", "b", "courier"),
  spec("courier-gcp", "gcp", "central", undefined, "courier"),
  spec("courier-azure", "azure", "west", "1", "courier"),
  spec("shop-1", "internet", "world", undefined, "shop"),
  spec("shop-2", "internet", "world", undefined, "shop"),
];

/** Times are short, so that small universes see everything. */
const BEAT_EVERY = ms(200);
const PATIENCE = ms(900);

interface Courier {
  term: number;
  heard: number;
  leads: boolean;
  next: number;
}

function courier(host: Host, couriers: readonly string[]): void {
  const state: Courier = { term: 0, heard: host.clock.monotonic(), leads: false, next: 0 };
  const rank = couriers.indexOf(host.id);
  const others = couriers.filter((id) => id !== host.id);
  const becomes = (from: string, to: string): void =>
    host.record({
      kind: "state",
      entity: "raft",
      name: `orders@${host.id}`,
      from,
      to,
      detail: { term: state.term },
    });
  const lead = (): void => {
    state.term++;
    state.leads = true;
    becomes("follower", "leader");
    host.record({ kind: "lease", phase: "grant", lease: "dispatch", holder: host.id, epoch: state.term });
    host.reached("a dispatcher was elected");
  };
  host.onMessage(HEARTBEAT, ({ term }) => {
    if (term < state.term) return;
    state.heard = host.clock.monotonic();
    if (state.leads && term > state.term) {
      state.leads = false;
      becomes("leader", "follower");
    }
    state.term = term;
  });
  host.onRequest(ORDER, ({ order }) => {
    if (!state.leads) return null;
    const offset = state.term * 1_000 + state.next++;
    host.record({
      kind: "durable",
      store: "orders",
      txn: offset,
      writes: [{ key: `record/${offset}`, value: { order } }],
    });
    const worker = others[offset % others.length] ?? host.id;
    host.send(HAND_OVER, worker, { order, offset, term: state.term });
    return { offset };
  });
  host.onMessage(HAND_OVER, ({ order, offset }) => void deliver(host, order, offset));
  const tick = (): void => {
    if (state.leads) for (const id of others) host.send(HEARTBEAT, id, { term: state.term });
    else if (host.clock.monotonic() - state.heard > PATIENCE + rank * ms(300)) lead();
    host.after(BEAT_EVERY, tick);
  };
  tick();
}

async function deliver(host: Host, order: string, offset: number): Promise<void> {
  const deliveryId = `couriers/${offset}/1`;
  const stream = {
    stream: "orders",
    group: "couriers",
    sequence: offset,
    key: order,
    deliveryId,
    deliveryCount: 1,
    domain: "",
  };
  host.record({ kind: "deliver", ...stream });
  const reply = await host.call("payments", "capture", `${order}:charge:${host.id}`, { order }, seconds(2));
  if (reply === TIMED_OUT || !reply.ok) {
    host.record({ kind: "refusal", operation: "capture", reason: "unpaid", key: order, detail: { offset } });
    return;
  }
  host.record({
    kind: "durable",
    store: "orders",
    txn: offset,
    writes: [{ key: `ack/couriers/${offset}`, value: { deliveryId } }],
  });
  host.record({ kind: "ack", ...stream });
}

function shop(host: Host, plan: Plan, couriers: readonly string[]): void {
  for (const operation of plan.workload)
    if (operation.host === host.id) host.after(operation.at, () => void order(host, operation, couriers));
}

async function order(host: Host, { id }: Operation, couriers: readonly string[]): Promise<void> {
  const fact = { kind: "client", requestId: id, operation: "accept", key: id } as const;
  host.record({ ...fact, phase: "call", value: null });
  for (let attempt = 0; attempt < 40; attempt++) {
    const to = couriers[(attempt + Number(id.replaceAll(/\D/g, ""))) % couriers.length] ?? "";
    const reply = await host.request(ORDER, to, { order: id }, ms(400));
    if (reply === TIMED_OUT || reply === null) continue;
    host.record({ ...fact, phase: "ok", value: { offset: reply.offset, orderId: id } });
    return;
  }
  host.record({ ...fact, phase: "info", value: null });
}

/** One dispatcher at a time: fires when two lead at once. */
const ONE_DISPATCHER: Property = {
  id: "C1",
  kind: "always",
  sentence: "one courier at a time is the dispatcher",
  subscribes: ["state", "host"],
  start: (context) => {
    const leading = new Map<string, HistoryEvent>();
    return {
      on: (event) => {
        if (event.kind === "host" && event.phase === "crash") leading.delete(event.host);
        if (event.kind !== "state") return;
        context.checked();
        if (event.from === "leader") leading.delete(event.host);
        if (event.to !== "leader") return;
        const [other] = leading.values();
        leading.set(event.host, event);
        if (other === undefined) return;
        const message = `${event.host} became the dispatcher while ${other.host} was: "orders" had two </script> of them`;
        context.violated("dispatcher", message, [other, event]);
      },
    };
  },
};

const PAID_ONCE: Property = {
  id: "C2",
  kind: "always",
  sentence: "no order is paid twice",
  subscribes: ["external"],
  start: (context) => {
    const paid = new Map<string, HistoryEvent>();
    return {
      on: (event) => {
        if (event.kind !== "external" || event.phase !== "applied") return;
        context.checked();
        const id = event.token.split(":")[0] ?? "";
        const before = paid.get(id);
        if (before !== undefined)
          context.violated(id, `${id} was paid twice, by ${courierOf(before)} and by ${courierOf(event)}`, [
            before,
            event,
          ]);
        paid.set(id, event);
      },
    };
  },
};

function courierOf(event: HistoryEvent): string {
  return event.kind === "external" ? (event.token.split(":")[2] ?? "") : "";
}

export const couriers: System = {
  id: "couriers",
  title: "Couriers in three clouds",
  properties: [ONE_DISPATCHER, PAID_ONCE],
  defects: [],
  latencies: orderLatencies,
  build(world: World, plan: Plan): void {
    const ids = plan.topology.filter(({ role }) => role === "courier").map(({ id }) => id);
    world.addExternal("payments", {
      create: () => ({ apply: () => ({ ok: true, value: "paid", applied: true }) }),
    });
    for (const { id, role } of plan.topology) {
      world.onBoot(id, (host) => (role === "shop" ? shop(host, plan, ids) : courier(host, ids)));
    }
  },
};

export interface CourierPlan {
  readonly seed?: number;
  readonly orders?: number;
  readonly faults?: readonly Fault[];
  readonly duration?: number;
}

/** Orders come evenly over the first two thirds. */
export function courierPlan({
  seed = 1,
  orders = 20,
  faults = [],
  duration = seconds(30),
}: CourierPlan = {}): Plan {
  return {
    format: 2,
    scenario: "couriers",
    seed,
    topology: COURIERS,
    knobs: {},
    workload: Array.from({ length: orders }, (_, i) => ({
      id: `order-${i + 1}`,
      at: seconds(2) + Math.floor((i * duration * 0.6) / orders),
      host: i % 2 === 0 ? "shop-1" : "shop-2",
      action: "order",
      body: { cents: 100 * (i + 1) },
    })),
    faults,
    defects: [],
    healAt: Math.floor(duration * 0.8),
    duration,
  };
}

/** A storm with a fault of each family; it parts the clouds for long enough to get two dispatchers. */
export const STORM: readonly Fault[] = [
  {
    id: "slow",
    kind: "slow-link",
    at: seconds(3),
    for: seconds(4),
    from: "provider/aws",
    to: "provider/gcp",
    factor: 8,
  },
  { id: "jump", kind: "clock-jump", at: seconds(4), target: "courier-gcp", by: seconds(-2) },
  {
    id: "skew",
    kind: "clock-skew",
    at: seconds(5),
    for: seconds(6),
    target: "courier-azure",
    by: seconds(3),
  },
  { id: "power", kind: "crash", at: seconds(6), for: seconds(2), target: "courier-aws-a" },
  {
    id: "rift",
    kind: "partition",
    at: seconds(10),
    for: seconds(5),
    a: ["provider/aws"],
    b: ["courier-gcp", "courier-azure"],
    oneWay: false,
  },
  { id: "lossy", kind: "loss", at: seconds(11), for: seconds(8), from: "*", to: "*", ratio: 0.15 },
  {
    id: "twice",
    kind: "duplication",
    at: seconds(12),
    for: seconds(6),
    from: "provider/internet",
    to: "*",
    ratio: 0.3,
  },
  { id: "nap", kind: "pause", at: seconds(16), for: seconds(2), target: "courier-gcp" },
  { id: "full", kind: "disk-full", at: seconds(17), for: seconds(3), target: "courier-aws-b" },
  {
    id: "mute",
    kind: "external-lost-reply",
    at: seconds(18),
    for: seconds(3),
    target: "external/payments",
    ratio: 0.5,
  },
];
