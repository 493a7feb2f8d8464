/** What is promised of elastic pools. Not verified: that a pool is of the best size for its load. */
import { type CheckContext, count, ensure, type Property, time, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, LIFE, Lives, ordinal, type StateEvent } from "./lives.js";

interface Sizes {
  readonly config: StateEvent;
  /** The last change of size for its load. */
  last: StateEvent | undefined;
}

export const poolBounds: Property = {
  id: "pool-bounds",
  kind: "always",
  sentence:
    "A pool has no fewer actors than its least size and no more than its largest, and changes for its load by steps within their limits and no sooner than its cooldown.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Map<string, Sizes>>(() => new Map());
    return {
      on(event) {
        const pools = lives.of(event);
        const change = about(event, ENTITY.pool);
        if (change === undefined || change.to === "ended") return;
        const pool = ensure(pools, change.name, () => ({ config: change, last: undefined }) as Sizes);
        context.checked();
        const limits = amount.bind(undefined, pool.config);
        const [from, to] = [Number(change.from), Number(change.to)];
        const step = Math.abs(to - from);
        const flaw = (message: string) =>
          context.violated(`${change.host} ${change.name}`, `${change.name} ${message} ${when(change)}.`, [
            change,
          ]);
        if (to < limits("minSize") || to > limits("maxSize"))
          flaw(`has ${count(to, "actor")}, outside of ${limits("minSize")} to ${limits("maxSize")},`);
        if (field(change, "why") !== "load") return;
        if (step > limits("maxStep"))
          flaw(`went from ${from} to ${to} actors, by more than ${limits("maxStep")},`);
        const { last } = pool;
        pool.last = change;
        if (last === undefined || amount(change, "clock") - amount(last, "clock") >= limits("cooldown"))
          return;
        flaw(`changed its size within its cooldown after ${time(last.at)}`);
      },
    };
  },
};

interface Book {
  /** By actor: who has it. */
  readonly lent: Map<string, StateEvent>;
  readonly ended: Map<string, StateEvent>;
  /** Checkouts that wait, by name; and those that do no longer. */
  readonly waiting: Map<string, StateEvent>;
  readonly gone: Map<string, StateEvent>;
  /** Actors that ended at this instant. */
  endedNow: StateEvent[];
}

const book = (): Book => ({
  lent: new Map(),
  ended: new Map(),
  waiting: new Map(),
  gone: new Map(),
  endedNow: [],
});

export const poolOneHolder: Property = {
  id: "pool-one-holder",
  alias: "P11",
  kind: "always",
  sentence:
    "A pool lends each actor to one holder at a time, lends no dead actor, and nothing to who waits no longer; when a holder ends, what it had is taken back.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Book>(book);
    const flaw = (lease: StateEvent, message: string, ...evidence: StateEvent[]) => {
      const actor = field(lease, "actor");
      const events = [...evidence, lease];
      context.violated(`${lease.host} ${actor}`, `${actor} was lent ${when(lease)}, ${message}.`, events);
    };
    const settle = (own: Book): void => {
      for (const holder of own.endedNow) {
        for (const lease of own.lent.values()) {
          if (field(lease, "holder") !== holder.name) continue;
          flaw(
            lease,
            `and not taken back ${when(holder)}, when ${holder.name} had ended that had it`,
            holder,
          );
        }
      }
      own.endedNow = [];
    };
    return {
      on(event) {
        const own = lives.of(event);
        const { lent, ended, gone } = own;
        if ((own.endedNow[0]?.at ?? event.at) < event.at) settle(own);
        const end = about(event, ENTITY.actor);
        if (end?.to === "ended") {
          ended.set(end.name, end);
          own.endedNow.push(end);
        }
        const waiter = about(event, ENTITY.waiter);
        if (waiter?.to === "gone") gone.set(waiter.name, waiter);
        const lease = about(event, ENTITY.lease);
        if (lease === undefined) return;
        context.checked();
        const actor = field(lease, "actor");
        if (lease.to !== "lent") {
          lent.delete(actor);
          return;
        }
        const other = lent.get(actor);
        if (other !== undefined) flaw(lease, `and had been lent already ${when(other)}`, other);
        const dead = ended.get(actor);
        if (dead !== undefined) flaw(lease, `and had ended ${when(dead)}`, dead);
        const left = gone.get(field(lease, "waiter"));
        if (left !== undefined) flaw(lease, `to a checkout that had waited long enough ${when(left)}`, left);
        lent.set(actor, lease);
      },
      end() {
        for (const own of lives.all()) settle(own);
      },
    };
  },
};

interface Line extends Book {
  /** By supervisor: its living actors. */
  readonly actors: Map<string, Set<string>>;
  readonly supervisors: Map<string, string>;
  readonly parents: Map<string, string>;
  /** The actor in each place of a supervisor. */
  readonly places: Map<string, string>;
  lastAt: number;
}

export const poolServesInOrder: Property = {
  id: "pool-serves-in-order",
  alias: "P12",
  kind: "always",
  sentence:
    "Who waits for an actor is served first in, first out, and nobody waits while an actor of the pool is idle.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Line>(() => ({
      ...book(),
      actors: new Map(),
      supervisors: new Map(),
      parents: new Map(),
      places: new Map(),
      lastAt: 0,
    }));
    return {
      on(event) {
        const line = lives.of(event);
        if (event.at > line.lastAt) judgeIdle(line, context);
        line.lastAt = event.at;
        const pool = about(event, ENTITY.pool);
        if (pool?.from === "none") line.supervisors.set(pool.name, field(pool, "supervisor"));
        if (pool?.to === "ended") line.supervisors.delete(pool.name);
        follow(line, event);
        const waiter = about(event, ENTITY.waiter);
        if (waiter === undefined) return;
        if (waiter.to === "waiting") line.waiting.set(waiter.name, waiter);
        else line.waiting.delete(waiter.name);
        if (waiter.to !== "served") return;
        context.checked();
        for (const other of line.waiting.values()) {
          if (field(other, "pool") !== field(waiter, "pool") || ordinal(other.name) > ordinal(waiter.name))
            continue;
          context.violated(
            `${waiter.host} ${other.name}`,
            `${waiter.name} was served ${when(waiter)} before ${other.name}, which had waited since ${time(other.at)}.`,
            [other, waiter],
          );
        }
      },
      end() {
        for (const line of lives.all()) judgeIdle(line, context);
      },
    };
  },
};

/** Which actors there are, and which of them are lent. */
function follow({ actors, parents, places, lent }: Line, event: Parameters<typeof about>[0]): void {
  const child = about(event, ENTITY.child);
  if (child?.to === "running") {
    const [supervisor, actor] = [field(child, "supervisor"), field(child, "actor")];
    ensure(actors, supervisor, () => new Set<string>()).add(actor);
    parents.set(actor, supervisor);
  }
  if (child !== undefined) {
    // One that the pool lets go is none of its actors, though it may still be at its last work.
    const place = `${field(child, "supervisor")}/${field(child, "child")}`;
    if (child.to === "forgotten") actors.get(field(child, "supervisor"))?.delete(places.get(place) ?? "");
    else places.set(place, field(child, "actor"));
  }
  const end = about(event, ENTITY.actor);
  if (end?.to === "ended") actors.get(parents.get(end.name) ?? "")?.delete(end.name);
  const lease = about(event, ENTITY.lease);
  if (lease === undefined) return;
  if (lease.to === "lent") lent.set(field(lease, "actor"), lease);
  else lent.delete(field(lease, "actor"));
}

/** An instant is over. */
function judgeIdle({ waiting, supervisors, actors, lent }: Line, context: CheckContext): void {
  for (const waiter of waiting.values()) {
    const pool = field(waiter, "pool");
    const own = actors.get(supervisors.get(pool) ?? "");
    if (own === undefined) continue;
    const idle = [...own].find((actor) => !lent.has(actor));
    if (idle === undefined) continue;
    context.violated(
      `${waiter.host} ${waiter.name}`,
      `${waiter.name} waits since ${time(waiter.at)}, and ${idle} of ${pool} is idle.`,
      [waiter],
    );
  }
}
