/**
 * An elastic pool: lends actors, keeps those who wait in order, grows and shrinks.
 *
 * Its actors are the children of a supervisor of its own. Whether it should grow or shrink is asked whenever an actor is lent or
 * given back, and when a cooldown or an idle time is over; there is one timer for both. The actor that was given back last is
 * lent first, so that those that are not needed grow idle. No waiter waits while an actor is idle: an actor that comes free goes
 * to the oldest waiter in the same instant.
 */
import type { Host, Json, Micros, Timer } from "seedstorm";
import { invariant } from "../invariant.js";
import type { ActorRef, ActorSystem, Detail, Down, ExitReason, Monitor, Start, Supervised } from "./actor.js";
import { checkConfig, count, duration, share } from "./config.js";
import { ENTITY, type Entity, reasonAsJson, recordState } from "./facts.js";
import { GOALS } from "./goals.js";
import { Monitors } from "./monitors.js";
import type { Checkout, CheckoutOptions, Lease, Pool, PoolConfig, PoolStats } from "./pool-api.js";
import { sizeFor, step } from "./pool-scaling.js";
import { Queue } from "./queue.js";
import { TreeSupervisor } from "./supervisor.js";

/** Between finding no actor free and waiting for one, where that is not one step. */
const LOST_FOR: Micros = 2_000;

/** A place in the pool, and the actor in it. */
interface Slot<A> {
  readonly id: string;
  actor: A | undefined;
  /** Who has it. */
  lease: PoolLease<A> | undefined;
  /** Since when it is idle. */
  idleSince: Micros;
}

interface Waiter<A> {
  readonly name: string;
  readonly holder: Supervised | undefined;
  readonly resolve: (result: Checkout<A>) => void;
  timer: Timer | undefined;
  monitor: Monitor | undefined;
}

class PoolLease<A> implements Lease<A> {
  readonly name: string;
  readonly actor: A;
  monitor: Monitor | undefined = undefined;
  /** Given back, or its actor has ended. */
  over = false;
  readonly #giveBack: (lease: PoolLease<A>) => void;

  constructor(name: string, actor: A, giveBack: (lease: PoolLease<A>) => void) {
    this.name = name;
    this.actor = actor;
    this.#giveBack = giveBack;
  }

  checkin(): void {
    this.#giveBack(this);
  }
}

export class ElasticPool<Q, R, C = never> implements Pool<Q, R, C> {
  readonly id: string;
  readonly #actors: ActorSystem;
  readonly #host: Host;
  readonly #config: PoolConfig;
  readonly #start: Start<Q, R, C>;
  readonly #detail: Detail;
  readonly #monitors = new Monitors();
  readonly #supervisor: TreeSupervisor;
  readonly #slots = new Map<string, Slot<ActorRef<Q, R, C>>>();
  /** Those whose actors are free, the one that has been so for longest first. */
  #idle: Slot<ActorRef<Q, R, C>>[] = [];
  readonly #waiters = new Queue<Waiter<ActorRef<Q, R, C>>>();
  #alive = true;
  #busy = 0;
  #checkouts = 0;
  #checkins = 0;
  #crashed = 0;
  #started = 0;
  #waited = 0;
  /** It does not grow before this, by the monotonic clock … */
  #growAt: Micros;
  /** … nor shrink before that: a new pool may grow at once. */
  #shrinkAt: Micros;
  #timer: Timer | undefined = undefined;
  #timerAt: Micros = 0;

  /** @throws RangeError that names what is wrong with the configuration. */
  constructor(actors: ActorSystem, config: PoolConfig, start: Start<Q, R, C>) {
    checkPool(config);
    this.id = actors.nextId(config.name);
    this.#actors = actors;
    this.#host = actors.host;
    this.#config = config;
    this.#start = start;
    this.#detail = actors.detail;
    this.#supervisor = new TreeSupervisor(actors, {
      name: `${config.name}-supervisor`,
      strategy: actors.host.defect("PW8") ? "one-for-all" : (config.strategy ?? "one-for-one"),
      intensity: config.intensity,
    });
    const now = this.#now();
    this.#growAt = now;
    this.#shrinkAt = now + config.cooldown;
    const { minSize, maxSize, initialSize } = config;
    const { cooldown, idleTimeout, strategy = "one-for-one", minStep, maxStep } = config;
    const { scaleUpAbove, scaleDownBelow } = config;
    const limits = {
      supervisor: this.#supervisor.id,
      minSize,
      maxSize,
      scaleUpAbove,
      scaleDownBelow,
      cooldown,
      idleTimeout,
      minStep,
      maxStep,
      strategy,
      detail: this.#detail,
    };
    this.#record(ENTITY.pool, this.id, "none", `${initialSize}`, limits);
    for (let i = 0; i < initialSize && this.#supervisor.alive; i++) this.#addSlot();
    this.#supervisor.monitor(({ reason }) => this.#end(reason));
    this.#scale();
  }

  get alive(): boolean {
    return this.#alive;
  }

  get stats(): PoolStats {
    return {
      size: this.#slots.size,
      busy: this.#busy,
      idle: this.#idle.length,
      waiting: this.#waiters.length,
      checkouts: this.#checkouts,
      checkins: this.#checkins,
      crashed: this.#crashed,
    };
  }

  checkout(options: CheckoutOptions = {}): Promise<Checkout<ActorRef<Q, R, C>>> {
    return new Promise((resolve) => {
      if (!this.#alive) {
        resolve({ ok: false, error: "closed" });
        return;
      }
      const slot = this.#idle.pop();
      if (slot !== undefined) this.#lend(slot, options.holder, "", resolve);
      else this.#wait(options, resolve);
      this.#scale();
    });
  }

  monitor(onDown: (down: Down) => void): Monitor {
    return this.#monitors.add(onDown);
  }

  async stop(reason: ExitReason = { kind: "normal" }): Promise<void> {
    this.#turnAway();
    this.#alive = false;
    await this.#supervisor.stop(reason);
  }

  exit(reason: ExitReason): void {
    this.#supervisor.exit(reason);
  }

  #addSlot(): void {
    const { name } = this.#config;
    const slot: Slot<ActorRef<Q, R, C>> = {
      id: `${name}-${++this.#started}`,
      actor: undefined,
      lease: undefined,
      idleSince: 0,
    };
    this.#slots.set(slot.id, slot);
    this.#supervisor.start({ id: slot.id, restart: "permanent", start: () => this.#startActor(slot) });
  }

  #startActor(slot: Slot<ActorRef<Q, R, C>>): ActorRef<Q, R, C> {
    invariant(slot.actor === undefined, `${this.id}: ${slot.id} has an actor already`);
    const actor = this.#actors.spawn(this.#config.name, this.#start);
    if (!actor.alive) return actor;
    slot.actor = actor;
    actor.monitor(() => this.#onActorDown(slot, actor));
    this.#offer(slot);
    return actor;
  }

  #onActorDown(slot: Slot<ActorRef<Q, R, C>>, actor: ActorRef<Q, R, C>): void {
    if (slot.actor !== actor) return;
    slot.actor = undefined;
    this.#idle = this.#idle.filter((other) => other !== slot);
    const { lease } = slot;
    if (lease === undefined) return;
    slot.lease = undefined;
    this.#busy--;
    this.#crashed++;
    this.#close(lease, "crashed");
    this.#host.reached(GOALS.poolActorLost);
    this.#host.after(0, () => this.#scale()); // once its supervisor has seen to it
  }

  /** An actor is free: for the oldest who waits, or to be idle. */
  #offer(slot: Slot<ActorRef<Q, R, C>>): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      if (slot.idleSince === 0 || !this.#host.defect("idle-since-its-start")) slot.idleSince = this.#now();
      this.#idle.push(slot);
      return;
    }
    waiter.timer?.cancel();
    waiter.monitor?.cancel();
    this.#record(ENTITY.waiter, waiter.name, "waiting", "served", { pool: this.id });
    this.#host.reached(GOALS.poolWaited);
    this.#lend(slot, waiter.holder, waiter.name, waiter.resolve);
  }

  #lend(
    slot: Slot<ActorRef<Q, R, C>>,
    holder: Supervised | undefined,
    waiter: string,
    resolve: (result: Checkout<ActorRef<Q, R, C>>) => void,
  ): void {
    const { actor } = slot;
    invariant(actor?.alive === true, `${this.id}: the actor of ${slot.id} is dead, and was to be lent`);
    this.#checkouts++;
    this.#busy++;
    const lease = new PoolLease(`${this.id}#${this.#checkouts}`, actor, (given) =>
      this.#takeBack(slot, given),
    );
    slot.lease = lease;
    this.#record(ENTITY.lease, lease.name, "none", "lent", {
      pool: this.id,
      actor: actor.id,
      waiter,
      holder: holder?.id ?? "",
    });
    lease.monitor = this.#watch(holder, () => {
      if (lease.over) return;
      this.#host.reached(GOALS.poolHolderLost);
      lease.checkin();
    });
    resolve({ ok: true, lease });
  }

  #takeBack(slot: Slot<ActorRef<Q, R, C>>, lease: PoolLease<ActorRef<Q, R, C>>): void {
    if (lease.over && this.#host.defect("PW11") && slot.actor !== undefined) this.#offer(slot);
    if (lease.over || !this.#alive) return;
    this.#checkins++;
    this.#busy--;
    slot.lease = undefined;
    this.#close(lease, "returned");
    this.#offer(slot);
    this.#scale();
  }

  #close(lease: PoolLease<ActorRef<Q, R, C>>, how: "returned" | "crashed"): void {
    lease.over = true;
    lease.monitor?.cancel();
    this.#record(ENTITY.lease, lease.name, "lent", how, { pool: this.id, actor: lease.actor.id });
    invariant(
      this.#checkouts === this.#checkins + this.#crashed + this.#busy,
      `${this.id}: checkouts are not checkins, crashes and what is lent`,
    );
  }

  #wait(options: CheckoutOptions, resolve: (result: Checkout<ActorRef<Q, R, C>>) => void): void {
    const { checkoutTimeout, maxWaiters = Number.POSITIVE_INFINITY } = this.#config;
    const host = this.#host;
    const { holder } = options;
    if (this.#waiters.length >= maxWaiters) {
      host.reached(GOALS.poolRefused);
      resolve({ ok: false, error: "refused" });
      return;
    }
    const name = `${this.id}~${++this.#waited}`;
    const waiter: Waiter<ActorRef<Q, R, C>> = { name, holder, resolve, timer: undefined, monitor: undefined };
    this.#record(ENTITY.waiter, name, "none", "waiting", { pool: this.id });
    if (host.defect("PW10")) host.after(LOST_FOR, () => this.#waiters.push(waiter));
    else this.#waiters.push(waiter);
    waiter.timer = host.after(options.timeout ?? checkoutTimeout, () => {
      host.reached(GOALS.poolTimedOut);
      this.#giveUp(waiter);
    });
    waiter.monitor = this.#watch(holder, () => this.#giveUp(waiter));
  }

  #watch(holder: Supervised | undefined, onEnd: () => void): Monitor | undefined {
    return this.#host.defect("holder-not-watched") ? undefined : holder?.monitor(onEnd);
  }

  /** Nobody waits there any more. */
  #giveUp(waiter: Waiter<ActorRef<Q, R, C>>): void {
    if (!this.#host.defect("PW9") && !this.#waiters.remove(waiter)) return;
    waiter.timer?.cancel();
    waiter.monitor?.cancel();
    this.#record(ENTITY.waiter, waiter.name, "waiting", "gone", { pool: this.id });
    waiter.resolve({ ok: false, error: "timed-out" });
  }

  /** Grows or shrinks if it is time, and sees to it that this is asked again in time. */
  #scale(): void {
    if (!this.#alive) return;
    const now = this.#now();
    const size = this.#slots.size;
    const target = sizeFor(this.#config, { size, busy: this.#busy, waiting: this.#waiters.length });
    if (target > size && now >= this.#growAt)
      this.#grow(this.#host.defect("PW11") ? size + step(this.#config, size) : target);
    if (target < size && now >= this.#shrinkAt) this.#shrink(size - target, "load");
    this.#letIdleGo(now);
    this.#setTimer(now);
  }

  #grow(target: number): void {
    const size = this.#slots.size;
    this.#resized(size, target, "load");
    while (this.#slots.size < target && this.#supervisor.alive) this.#addSlot();
    this.#host.reached(target === this.#config.maxSize ? GOALS.poolFull : GOALS.poolGrew);
  }

  /** Of those that are idle, the longest idle first. */
  #shrink(most: number, why: "load" | "idle"): void {
    const gone = new Set(this.#idle.slice(0, most));
    if (gone.size === 0) return;
    this.#idle = this.#idle.filter((slot) => !gone.has(slot));
    const size = this.#slots.size;
    for (const slot of gone) {
      slot.actor = undefined;
      this.#slots.delete(slot.id);
      void this.#supervisor.remove(slot.id);
    }
    this.#resized(size, size - gone.size, why);
    this.#host.reached(why === "load" ? GOALS.poolShrank : GOALS.poolIdleGone);
  }

  #letIdleGo(now: Micros): void {
    const { idleTimeout } = this.#config;
    let expired = 0;
    while (now - (this.#idle[expired]?.idleSince ?? now) >= idleTimeout && this.#canSpare(expired + 1))
      expired++;
    if (expired > 0) this.#shrink(expired, "idle");
  }

  /** Whether it can be without so many and would not have to grow again at once. */
  #canSpare(actors: number): boolean {
    const { minSize, scaleUpAbove } = this.#config;
    const left = this.#slots.size - actors;
    return left >= minSize && this.#busy + this.#waiters.length <= scaleUpAbove * left;
  }

  #resized(from: number, to: number, why: "load" | "idle"): void {
    const now = this.#now();
    if (why === "load" && !this.#host.defect("cooldown-never-begins")) {
      this.#growAt = now + this.#config.cooldown;
      this.#shrinkAt = this.#growAt;
    }
    const { busy, waiting } = this.stats;
    recordState(this.#host, ENTITY.pool, this.id, `${from}`, `${to}`, {
      busy,
      waiting,
      why,
      clock: now,
    });
  }

  /** Sizes that could be other when nothing is lent or given back: when a cooldown is over, and when something is idle too long. */
  #setTimer(now: Micros): void {
    const size = this.#slots.size;
    let due = Number.POSITIVE_INFINITY;
    const target = sizeFor(this.#config, { size, busy: this.#busy, waiting: this.#waiters.length });
    if (target > size) due = this.#growAt;
    if (target < size) due = this.#shrinkAt;
    const oldest = this.#idle[0];
    if (oldest !== undefined && this.#canSpare(1))
      due = Math.min(due, oldest.idleSince + this.#config.idleTimeout);
    if (due === Number.POSITIVE_INFINITY || due <= now) return;
    if (this.#timer !== undefined && this.#timerAt <= due) return;
    this.#timer?.cancel();
    this.#timerAt = due;
    this.#timer = this.#host.after(due - now, () => {
      this.#timer = undefined;
      this.#scale();
    });
  }

  #turnAway(): void {
    for (const waiter of this.#waiters.drain()) {
      waiter.timer?.cancel();
      waiter.monitor?.cancel();
      this.#record(ENTITY.waiter, waiter.name, "waiting", "gone", { pool: this.id });
      waiter.resolve({ ok: false, error: "closed" });
    }
  }

  #end(reason: ExitReason): void {
    this.#turnAway();
    this.#alive = false;
    this.#timer?.cancel();
    recordState(this.#host, ENTITY.pool, this.id, `${this.#slots.size}`, "ended", reasonAsJson(reason));
    this.#monitors.tell({ id: this.id, reason });
  }

  #now(): Micros {
    return this.#host.clock.monotonic();
  }

  /** Of each single checkout: left out under load. */
  #record(
    entity: Entity,
    name: string,
    from: string,
    to: string,
    detail: Readonly<Record<string, Json>>,
  ): void {
    if (this.#detail === "full" || entity === ENTITY.pool) {
      recordState(this.#host, entity, name, from, to, detail);
    }
  }
}

/** Borrows an actor for a piece of work, and gives it back when that is done, well or not. */
export async function borrow<Q, R, C, T>(
  pool: Pool<Q, R, C>,
  work: (actor: ActorRef<Q, R, C>) => Promise<T>,
  options: CheckoutOptions = {},
): Promise<{ readonly ok: true; readonly value: T } | Extract<Checkout<never>, { readonly ok: false }>> {
  const checkout = await pool.checkout(options);
  if (!checkout.ok) return checkout;
  try {
    return { ok: true, value: await work(checkout.lease.actor) };
  } finally {
    checkout.lease.checkin();
  }
}

function checkPool(config: PoolConfig): void {
  checkConfig(`pool ${config.name}`, {
    maxSize: count(config.maxSize, 1),
    minSize: count(config.minSize, 0, config.maxSize),
    initialSize: count(config.initialSize, config.minSize, config.maxSize),
    scaleUpAbove: share(config.scaleUpAbove),
    scaleDownBelow: config.scaleDownBelow === 0 ? undefined : share(config.scaleDownBelow),
    scaleFactor: share(config.scaleFactor),
    minStep: count(config.minStep, 1, config.maxStep),
    maxStep: count(config.maxStep, 1),
    cooldown: duration(config.cooldown),
    idleTimeout: duration(config.idleTimeout),
    checkoutTimeout: duration(config.checkoutTimeout),
    maxWaiters: config.maxWaiters === undefined ? undefined : count(config.maxWaiters, 0),
  });
}
