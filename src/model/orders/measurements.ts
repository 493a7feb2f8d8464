/**
 * The eight promises of the design, measured in one run of the load, beside what arithmetic allows; percentiles by stage, pools and
 * breakers over time.
 *
 * An order's time begins when its customer meant to send it, as the plan says, and not when the request left: a client that falls
 * behind can't hide what it made others wait for (coordinated omission). Orders that are never completed count as slower than
 * all others. A second is unavailable if a request that was to be sent in it was refused, or not accepted within two seconds.
 */
import {
  type Course,
  type HistoryEvent,
  type Measurements,
  MILLISECOND,
  type Micros,
  type Outcome,
  SECOND,
} from "seedstorm";
import { detection, growth, QUIET_LATENCY, throughput, worstPayment } from "./arithmetic.js";
import { duration } from "./config.js";
import { configOf, ordersKnobs } from "./knobs.js";
import { ORDER_STORE, type OrderRow, type OrderState } from "./order.js";

/** An order through its run. */
interface Tracked {
  readonly meant: Micros;
  accepted: Micros | undefined;
  refused: boolean;
  readonly states: Map<OrderState, Micros>;
}

/** Runs with fewer orders are no load. */
const LEAST_ORDERS = 200;
const PATIENCE: Micros = 2 * SECOND;
const TARGET_RATE = 1_000;
const TARGET_P95: Micros = 500 * MILLISECOND;
const TARGET_AVAILABLE = 999;
const TARGET_GROWTH: Micros = 30 * SECOND;

export function ordersMeasurements({
  plan,
  history,
  virtualTime,
}: Pick<Outcome, "plan" | "history" | "virtualTime">): Measurements | undefined {
  const tracked = new Map<string, Tracked>();
  for (const { action, at, body } of plan.workload) {
    if (action !== "place") continue;
    const id = (body as { readonly id: string }).id; // what a workload of this system has for the verb
    tracked.set(id, { meant: at, accepted: undefined, refused: false, states: new Map() });
  }
  if (tracked.size < LEAST_ORDERS) return undefined;
  for (const event of history) track(event, tracked);
  const orders = [...tracked.values()];
  return {
    tables: [promisesTable(plan, history, orders), stagesTable(orders)],
    courses: [
      {
        title: "Workers of each pool",
        courses: coursesOf(history, "pool", ({ to }) => (to === "ended" ? 0 : Number(to))),
      },
      {
        title: "Breakers",
        note: "0 closed, 1 half-open, 2 open.",
        courses: coursesOf(history, "breaker", ({ to }) => ["closed", "half-open", "open"].indexOf(to)),
      },
      { title: "Orders that are under way", courses: [underWay(orders, virtualTime)] },
    ],
  };
}

function track(event: HistoryEvent, tracked: ReadonlyMap<string, Tracked>): void {
  if (event.kind === "client" && event.operation === "place") {
    const order = tracked.get(event.key);
    if (order === undefined) return;
    if (event.phase === "ok") order.accepted ??= event.at;
    else if (event.phase !== "call") order.refused = true;
  } else if (event.kind === "durable" && event.store === ORDER_STORE) {
    for (const { key, value } of event.writes) {
      if (!key.startsWith("order/") || value === null) continue;
      const { id, state } = (value as unknown as { readonly value: OrderRow }).value; // as the store records orders
      const states = tracked.get(id)?.states;
      if (states !== undefined && !states.has(state)) states.set(state, event.at);
    }
  }
}

const completedAt = ({ states }: Tracked): Micros | undefined => states.get("completed");

/** The value below which so many of a hundred lie; undefined when it is one that never came. */
function percentile(values: readonly (Micros | undefined)[], percent: number): Micros | undefined {
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
  return value === undefined || value === Number.POSITIVE_INFINITY ? undefined : value;
}

const shown = (time: Micros | undefined): string =>
  time === undefined
    ? "never"
    : time < SECOND
      ? `${Math.round(time / MILLISECOND)} ms`
      : `${Math.round(time / (SECOND / 10)) / 10} s`;

function promisesTable(plan: Outcome["plan"], history: readonly HistoryEvent[], orders: readonly Tracked[]) {
  const knobs = ordersKnobs(plan.knobs);
  const config = configOf(knobs);
  const hosts = plan.topology.filter(({ role }) => role === "orders").length;
  const bound = throughput(config, hosts);
  const rate = ratePerSecond(orders);
  // A declined card ends an order as it should; it is no latency of anything.
  const whole = orders.filter(({ states }) => !states.has("payment-failed") && !states.has("cancelled"));
  const p95 = percentile(
    whole.map((order) => took(order)),
    95,
  );
  const { lost, seconds } = unavailability(orders);
  const permille = Math.floor((1_000 * (seconds - lost)) / Math.max(1, seconds));
  const steps = growth(config.services.order.pool, 5, 50);
  const opened = history.filter((event) => isBreaker(event, "open")).length;
  const closed = history.filter((event) => isBreaker(event, "closed")).length;
  const caused = history.filter(({ cause }) => cause >= 0).length;
  const unrouted = history.filter((event) => event.kind === "refusal" && event.operation === "route").length;
  const grew = grownIn(history, 50);
  return {
    title: `The eight promises, preset ${knobs.preset}`,
    note: "Each order is timed from when its customer meant to send it.",
    columns: ["promise", "target", "arithmetic", "measured", "kept"],
    rows: [
      [
        "throughput",
        `${TARGET_RATE} orders/s`,
        `${bound.perSecond}/s, for the ${bound.narrowest} pool`,
        `${rate}/s for a second's best, ${mean(orders)}/s on average`,
        offered(orders) < TARGET_RATE ? "not asked for" : kept(rate >= TARGET_RATE),
      ],
      [
        "latency",
        "P95 < 500 ms",
        `four calls over the internet make ${shown(QUIET_LATENCY)}; 5 % may retry, which takes up to ${shown(worstPayment(config))}`,
        `P95 ${shown(p95)}`,
        kept(p95 !== undefined && p95 < TARGET_P95),
      ],
      [
        "availability",
        "99.9 %",
        `3.6 s an hour; a dead instance is noticed in ${shown(detection(config))}`,
        `${lost} of ${seconds} seconds unavailable`,
        kept(permille >= TARGET_AVAILABLE),
      ],
      [
        "fault tolerance",
        "two services lost",
        "two hosts of each service",
        "see orders-two-services",
        "not in this run",
      ],
      [
        "growth",
        "5 to 50 workers in 30 s",
        `${steps.sizes.length - 1} steps, ${shown(steps.time)} of cooldowns`,
        grew === undefined
          ? "no pool grew from below 50 to 50"
          : grew === 0
            ? "50 in one step"
            : `50 after ${shown(grew)}`,
        kept(steps.time < TARGET_GROWTH),
      ],
      [
        "recovery",
        "breakers open and close",
        `open for ${shown(duration(config.services.payment.circuit_breaker.timeout))}`,
        `opened ${opened} times, closed ${closed} times`,
        opened === 0 ? "not in this run" : kept(closed > 0),
      ],
      [
        "discovery",
        "services find each other",
        "by registry",
        `${unrouted} requests found nobody`,
        kept(unrouted === 0),
      ],
      [
        "observability",
        "metrics and traces",
        "each fact has its cause",
        `${Math.floor((100 * caused) / Math.max(1, history.length))} % of ${history.length} facts`,
        kept(caused > 0),
      ],
    ],
  };
}

const kept = (is: boolean): string => (is ? "kept" : "not kept");

function took(order: Tracked): Micros | undefined {
  const at = completedAt(order);
  return at === undefined ? undefined : at - order.meant;
}

/** Most orders that were completed within one second. */
function ratePerSecond(orders: readonly Tracked[]): number {
  return most(orders.flatMap((order) => completedAt(order) ?? []));
}

/** Most orders that were meant to be sent within one second. */
function offered(orders: readonly Tracked[]): number {
  return most(orders.map(({ meant }) => meant));
}

/** Most of these times that lie within one second. */
function most(times: readonly Micros[]): number {
  const bySecond = new Map<number, number>();
  for (const at of times) {
    const second = Math.floor(at / SECOND);
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
  }
  return [...bySecond.values()].reduce((top, n) => Math.max(top, n), 0);
}

/** Orders completed a second, from the first one sent to the last one completed. */
function mean(orders: readonly Tracked[]): number {
  const ends = orders.flatMap((order) => completedAt(order) ?? []);
  const first = orders.reduce((least, { meant }) => Math.min(least, meant), Number.POSITIVE_INFINITY);
  const last = ends.reduce((most, at) => Math.max(most, at), 0);
  return last <= first ? 0 : Math.floor((ends.length * SECOND) / (last - first));
}

function unavailability(orders: readonly Tracked[]): { readonly lost: number; readonly seconds: number } {
  const seconds = new Map<number, boolean>();
  for (const { meant, accepted, refused } of orders) {
    const second = Math.floor(meant / SECOND);
    const isLost = refused || accepted === undefined || accepted - meant > PATIENCE;
    seconds.set(second, (seconds.get(second) ?? false) || isLost);
  }
  return { lost: [...seconds.values()].filter((lost) => lost).length, seconds: seconds.size };
}

function isBreaker(event: HistoryEvent, to: string): boolean {
  return event.kind === "state" && event.entity === "breaker" && event.from !== "none" && event.to === to;
}

/** How long the first pool that came to so many workers took from its first growth on. */
function grownIn(history: readonly HistoryEvent[], size: number): Micros | undefined {
  const first = new Map<string, Micros>();
  for (const event of history) {
    if (event.kind !== "state" || event.entity !== "pool" || Number(event.to) <= Number(event.from)) continue;
    if (Number(event.from) >= size) continue;
    const pool = `${event.host} ${event.name}`;
    const begun = first.get(pool) ?? event.at;
    first.set(pool, begun);
    if (Number(event.to) >= size) return event.at - begun;
  }
  return undefined;
}

const STAGES: readonly (readonly [
  name: string,
  from: OrderState | "meant" | "accepted",
  to: OrderState | "accepted",
])[] = [
  ["accepted", "meant", "accepted"],
  ["in the queue", "accepted", "processing-payment"],
  ["authorized", "processing-payment", "reserving-inventory"],
  ["reserved and captured", "reserving-inventory", "creating-shipment"],
  ["shipped", "creating-shipment", "completed"],
  ["completed, in all", "meant", "completed"],
];

function stagesTable(orders: readonly Tracked[]) {
  const at = (order: Tracked, point: OrderState | "meant" | "accepted"): Micros | undefined =>
    point === "meant" ? order.meant : point === "accepted" ? order.accepted : order.states.get(point);
  return {
    title: "How long orders take, by stage",
    columns: ["stage", "orders", "P50", "P95", "P99"],
    rows: STAGES.map(([name, from, to]) => {
      const times = orders.flatMap((order) => {
        const begun = at(order, from);
        const ended = at(order, to);
        // A worker may have begun before the customer heard that the order is accepted.
        return begun === undefined || ended === undefined ? [] : Math.max(0, ended - begun);
      });
      return [
        name,
        String(times.length),
        ...[50, 95, 99].map((percent) => shown(percentile(times, percent))),
      ];
    }),
  };
}

/** A course for each thing of a kind that changed its state. */
function coursesOf(
  history: readonly HistoryEvent[],
  entity: string,
  valueAfter: (event: { readonly to: string }) => number,
): Course[] {
  const courses = new Map<string, { at: Micros; value: number }[]>();
  for (const event of history) {
    if (event.kind !== "state" || event.entity !== entity) continue;
    const name = `${event.host} ${event.name}`;
    const steps = courses.get(name) ?? [];
    courses.set(name, steps);
    steps.push({ at: event.at, value: valueAfter(event) });
  }
  return [...courses].flatMap(([name, steps]) => (steps.length > 1 ? [{ name, steps }] : []));
}

/** Orders that were meant to be sent and have not come to an end, second by second. */
function underWay(orders: readonly Tracked[], until: Micros): Course {
  const steps: { at: Micros; value: number }[] = [];
  const changes: { readonly at: Micros; readonly by: number }[] = [];
  for (const { meant, states } of orders) {
    changes.push({ at: meant, by: 1 });
    const end = states.get("completed") ?? states.get("payment-failed") ?? states.get("cancelled");
    if (end !== undefined) changes.push({ at: end, by: -1 });
  }
  changes.sort((a, b) => a.at - b.at);
  let value = 0;
  let next = 0;
  for (let at = 0; at <= until; at += SECOND) {
    for (; (changes[next]?.at ?? until + 1) <= at; next++) value += changes[next]?.by ?? 0;
    steps.push({ at, value });
  }
  return { name: "under way", steps };
}
