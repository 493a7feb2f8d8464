/**
 * A circuit breaker as those who use it see it.
 *
 * Closed, it lets calls pass and looks at how the latest came out; when enough of them failed it opens. Open, it refuses
 * all. After a while it is half-open: a few calls may try, enough successes close it and a failure opens it again. What a
 * call came to counts only in the period (the generation) in which it was let through. A decline (the other side said no, as
 * it may) is neither a success nor a failure.
 */
import type { Micros } from "seedstorm";
import type { Detail } from "./actor.js";

export type BreakerState = "closed" | "open" | "half-open";

export interface BreakerConfig {
  readonly name: string;
  /** Opens when this share of the window failed, in [0, 1]. */
  readonly failureRatio: number;
  /** … of at least so many calls. */
  readonly minimumCalls: number;
  /** The window: so many of the latest calls … */
  readonly windowCalls: number;
  /** … that came out no longer ago than this. */
  readonly windowTime: Micros;
  /** So long it refuses all calls. */
  readonly openFor: Micros;
  /** Calls that may try at a time while it is half-open. */
  readonly probes: number;
  /** So long it may be half-open; then it opens again. */
  readonly halfOpenFor: Micros;
  /** Successes in a row that close it. */
  readonly successesToClose: number;
  readonly detail?: Detail;
}

export const BREAKER_OUTCOMES = ["success", "failure", "decline"] as const;
export type BreakerOutcome = (typeof BREAKER_OUTCOMES)[number];

/** Leave to make one call. */
export interface Permit {
  /** How the call came out; to be reported once, also when the caller has lost interest. The second time is ignored. */
  report(outcome: BreakerOutcome): void;
}

export type Admission =
  | { readonly admitted: true; readonly permit: Permit }
  /** Not to be counted as an attempt: to be asked again after so long. */
  | { readonly admitted: false; readonly retryAfter: Micros };

/** Made by `new CircuitBreaker(host, config)`; belongs to the host, so that it outlives the actors that use it. */
export interface Breaker {
  readonly name: string;
  readonly state: BreakerState;
  admit(): Admission;
}
