/**
 * An elastic pool as those who use it see it.
 *
 * A pool has between `minSize` and `maxSize` actors, lends each to one holder at a time, and lends to those who wait in the
 * order in which they came. Its load is (busy + waiting) / size; it grows and shrinks by a share of its size, by steps within
 * limits, and no sooner after the last change than its cooldown. An actor that ends, lent or not, is replaced; whoever holds it
 * gets errors from it, and gives it back as always. A pool whose actors end more often than its intensity allows ends itself.
 */
import type { Micros } from "seedstorm";
import type { ActorRef, Supervised } from "./actor.js";
import type { RestartIntensity } from "./supervision.js";

export interface PoolConfig {
  readonly name: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly initialSize: number;
  /** Grows when its load is above this share … */
  readonly scaleUpAbove: number;
  /** … and shrinks when it is below that. */
  readonly scaleDownBelow: number;
  /** By this share of its size, rounded down, … */
  readonly scaleFactor: number;
  /** … but by this at least … */
  readonly minStep: number;
  /** … and by that at most. */
  readonly maxStep: number;
  readonly cooldown: Micros;
  /** An actor that was idle for so long goes, if the pool is above its least size and would not have to grow again at once. */
  readonly idleTimeout: Micros;
  /** How long a checkout waits for an actor. */
  readonly checkoutTimeout: Micros;
  /** Checkouts that may wait. Default: no limit. */
  readonly maxWaiters?: number;
  /** How its actors are supervised: whether the end of one ends the others. Default: one-for-one. */
  readonly strategy?: "one-for-one" | "one-for-all";
  readonly intensity: RestartIntensity;
}

/** An actor that was lent. */
export interface Lease<A> {
  readonly actor: A;
  /** Gives it back, whatever became of the actor. The second time is ignored. */
  checkin(): void;
}

export interface CheckoutOptions {
  /** Who is to have the actor: when that ends, it is given back, or waited for no longer. To be given by every actor. */
  readonly holder?: Supervised;
  /** How long to wait. Default: as the pool is configured. */
  readonly timeout?: Micros;
}

export type Checkout<A> =
  | { readonly ok: true; readonly lease: Lease<A> }
  /** `closed`: the pool has ended. `refused`: too many wait already. */
  | { readonly ok: false; readonly error: "timed-out" | "closed" | "refused" };

export interface PoolStats {
  readonly size: number;
  readonly busy: number;
  readonly idle: number;
  readonly waiting: number;
  readonly checkouts: number;
  readonly checkins: number;
  /** Actors that ended while they were lent. */
  readonly crashed: number;
}

/** Made by `new ElasticPool(actors, config, start)`. */
export interface Pool<Q, R, C = never> extends Supervised {
  readonly stats: PoolStats;
  checkout(options?: CheckoutOptions): Promise<Checkout<ActorRef<Q, R, C>>>;
}
