/**
 * What is promised of a pool's size over time: that it is changed when it is due, whether or not anybody asks for an actor just then.
 * Judged by a second account of what is lent and who waits. Not verified: pools that record no leases, and instants in which a host stands
 * still.
 */
import { type HistoryEvent, MILLISECOND, type Micros } from "seedstorm";
import { type CheckContext, count, type Property, time } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { frozenBy } from "./clocks.js";
import { about, amount, field, LIFE, Lives, type StateEvent } from "./lives.js";

/** How late a change may be: timers go by the host's clock, which may go wrong by a twentieth of the time, and by this. */
const LATE: Micros = 300 * MILLISECOND;

interface Account {
  readonly config: StateEvent;
  size: number;
  /** When its size was last changed for its load, or the pool began. */
  changed: StateEvent;
  waiting: number;
  /** Actors that live and are not lent, since when. */
  readonly idle: Map<string, StateEvent>;
  readonly lent: Set<string>;
  /** What is due and has not been done, since when. */
  due: { readonly what: string; readonly since: Micros } | undefined;
}

interface Life {
  /** By pool, and by its supervisor. */
  readonly pools: Map<string, Account>;
  readonly supervisors: Map<string, Account>;
  /** The pool of each actor. */
  readonly owners: Map<string, Account>;
  /** The actor in each place of a supervisor. */
  readonly places: Map<string, string>;
  lastAt: Micros;
  host: string;
}

/** Takes an event into the accounts of its host. */
function follow({ pools, supervisors, owners, places }: Life, event: HistoryEvent): void {
  const pool = about(event, ENTITY.pool);
  if (pool !== undefined) onPool(pools, supervisors, pool);
  const waiter = about(event, ENTITY.waiter);
  const awaited = waiter === undefined ? undefined : pools.get(field(waiter, "pool"));
  if (awaited !== undefined) awaited.waiting += waiter?.to === "waiting" ? 1 : -1;
  const child = about(event, ENTITY.child);
  const parent = child === undefined ? undefined : supervisors.get(field(child, "supervisor"));
  if (child !== undefined && parent !== undefined) {
    const place = `${field(child, "supervisor")}/${field(child, "child")}`;
    if (child.to === "forgotten") forget(parent, places.get(place) ?? "");
    else {
      places.set(place, field(child, "actor"));
      owners.set(field(child, "actor"), parent);
      if (!parent.lent.has(field(child, "actor"))) parent.idle.set(field(child, "actor"), child);
    }
  }
  const end = about(event, ENTITY.actor);
  if (end?.to === "ended") {
    const owner = owners.get(end.name);
    if (owner !== undefined) forget(owner, end.name);
    owners.delete(end.name);
  }
  const lease = about(event, ENTITY.lease);
  const lender = lease === undefined ? undefined : pools.get(field(lease, "pool"));
  if (lease !== undefined && lender !== undefined) onLease(lender, lease);
}

function onPool(pools: Map<string, Account>, supervisors: Map<string, Account>, pool: StateEvent): void {
  const known = pools.get(pool.name);
  if (pool.to === "ended") {
    pools.delete(pool.name);
    if (known !== undefined) supervisors.delete(field(known.config, "supervisor"));
  } else if (pool.from === "none") {
    if (field(pool, "detail") !== "full") return;
    const account: Account = {
      config: pool,
      size: Number(pool.to),
      changed: pool,
      waiting: 0,
      idle: new Map(),
      lent: new Set(),
      due: undefined,
    };
    pools.set(pool.name, account);
    supervisors.set(field(pool, "supervisor"), account);
  } else if (known !== undefined) {
    known.size = Number(pool.to);
    if (field(pool, "why") === "load") known.changed = pool;
  }
}

function onLease({ idle, lent }: Account, lease: StateEvent): void {
  const actor = field(lease, "actor");
  if (lease.to === "lent") {
    idle.delete(actor);
    lent.add(actor);
    return;
  }
  lent.delete(actor);
  if (lease.to === "returned") idle.set(actor, lease);
}

function forget({ idle, lent }: Account, actor: string): void {
  idle.delete(actor);
  lent.delete(actor);
}

/** What a pool should do at this instant, and since when it is due; undefined when its size will do. */
function dueAt({ config, size, changed, waiting, idle, lent }: Account): Account["due"] {
  const limit = amount.bind(undefined, config);
  const demand = lent.size + waiting;
  const cooled = changed.at + limit("cooldown");
  const isNew = changed === config;
  const wantsMore = demand > limit("scaleUpAbove") * size && size < limit("maxSize");
  if (wantsMore) return { what: "grow", since: isNew ? changed.at : cooled };
  const wantsFewer = demand < limit("scaleDownBelow") * size && size > limit("minSize");
  if (wantsFewer && idle.size > 0) return { what: "shrink", since: cooled };
  const [longest] = idle.values();
  const left = size - 1;
  const canSpare = left >= limit("minSize") && demand <= limit("scaleUpAbove") * left;
  if (longest === undefined || !canSpare) return undefined;
  return { what: "let an idle actor go", since: longest.at + limit("idleTimeout") };
}

/** An instant is over, and nothing happened on its host until `now`. Pools go by clocks that may have stood still for `frozen`. */
function judge(life: Life, now: Micros, frozen: Micros, context: CheckContext): void {
  const { host, pools, lastAt } = life;
  for (const [name, account] of pools) {
    const due = dueAt(account);
    const known = account.due?.what === due?.what ? account.due : undefined;
    account.due = due && { ...due, since: Math.max(due.since, known?.since ?? lastAt) };
    if (account.due === undefined) continue;
    context.checked();
    const { config, changed, size, lent, waiting } = account;
    const { what, since } = account.due;
    if (now - since <= LATE + amount(config, "cooldown") / 10 + frozen) continue;
    context.violated(
      `${host} ${name}`,
      `${name}, with ${count(size, "actor")}, ${lent.size} of them lent, and ${waiting} waited for, should ${what} since ${time(since)}, and at ${time(now)} has not.`,
      [changed],
    );
  }
}

/** What a host is late with while it stands still is none of its pools' fault. */
function forgive({ pools }: Life): void {
  for (const account of pools.values()) account.due = undefined;
}

export const poolSizeInTime: Property = {
  id: "pool-size-in-time",
  kind: "always",
  sentence:
    "A pool changes its size for its load as soon as its cooldown is over, and lets an actor go that has been idle for its time, also when nobody asks it for anything.",
  subscribes: LIFE,
  start(context) {
    const frozen = frozenBy(context.plan);
    const lives = new Lives<Life>(() => ({
      pools: new Map(),
      supervisors: new Map(),
      owners: new Map(),
      places: new Map(),
      lastAt: 0,
      host: "",
    }));
    return {
      on(event) {
        const life = lives.of(event);
        life.host = event.host;
        const isAwake = event.kind !== "host" || event.phase !== "resume";
        if (!isAwake) forgive(life);
        else if (event.at > life.lastAt) judge(life, event.at, frozen, context);
        life.lastAt = event.at;
        follow(life, event);
      },
      end(at) {
        for (const life of lives.all()) judge(life, at, frozen, context);
      },
    };
  },
};
