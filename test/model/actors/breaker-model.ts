/**
 * What a breaker does: a list of all outcomes ever, gone through anew each time. Written from the promises of
 * `breaker-api.ts`, for differential tests.
 */
import type { BreakerConfig, BreakerOutcome, BreakerState } from "../../../src/model/actors/breaker-api.js";

interface Call {
  /** The period in which it was let through. */
  readonly period: number;
  outcome: BreakerOutcome | undefined;
  cameOutAt: number;
}

export class BreakerModel {
  state: BreakerState = "closed";
  readonly #config: BreakerConfig;
  readonly #calls = new Map<number, Call>();
  /** Calls in the order in which they came out. */
  readonly #cameOut: Call[] = [];
  #period = 0;
  #since = 0;

  constructor(config: BreakerConfig) {
    this.#config = config;
  }

  /** Whether this call may pass. */
  admit(name: number, now: number): boolean {
    this.#pass(now);
    const here = [...this.#calls.values()].filter(({ period }) => period === this.#period);
    const taken = here.filter(({ outcome }) => outcome !== "decline").length;
    const passes = this.state === "closed" || (this.state === "half-open" && taken < this.#config.probes);
    if (passes) this.#calls.set(name, { period: this.#period, outcome: undefined, cameOutAt: 0 });
    return passes;
  }

  report(name: number, outcome: BreakerOutcome, now: number): void {
    const call = this.#calls.get(name);
    if (call === undefined || call.outcome !== undefined) return;
    call.outcome = outcome;
    call.cameOutAt = now;
    this.#cameOut.push(call);
    this.#pass(now);
    if (call.period !== this.#period || outcome === "decline") return;
    const counted = this.#cameOut.filter(
      (each) => each.period === this.#period && each.outcome !== "decline",
    );
    if (this.state === "closed") this.#judge(counted, now);
    else if (outcome === "failure") this.#turn("open", now);
    else if (counted.length >= this.#config.successesToClose) this.#turn("closed", now);
  }

  #judge(counted: readonly Call[], now: number): void {
    const { windowCalls, windowTime, minimumCalls, failureRatio } = this.#config;
    const window = counted.slice(-windowCalls).filter(({ cameOutAt }) => cameOutAt > now - windowTime);
    const failures = window.filter(({ outcome }) => outcome === "failure").length;
    if (window.length >= minimumCalls && failures / window.length >= failureRatio) this.#turn("open", now);
  }

  #pass(now: number): void {
    const age = now - this.#since;
    if (this.state === "open" && age >= this.#config.openFor) this.#turn("half-open", now);
    else if (this.state === "half-open" && age >= this.#config.halfOpenFor) this.#turn("open", now);
  }

  #turn(state: BreakerState, now: number): void {
    this.state = state;
    this.#period++;
    this.#since = now;
  }
}
