/**
 * A circuit breaker. It has no timers: what is due by the clock is done when somebody next asks for leave or reports.
 *
 * Half-open it lets the first calls through that come, as many as may be out at a time; a success keeps its place until
 * the breaker closes, a decline gives it back. A probe whose outcome is never reported would hold its place for ever, so
 * half-open ends by time too. Leaves out slow calls that succeed: callers have time-outs of their own.
 */
import type { Host, Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import {
  type Admission,
  BREAKER_OUTCOMES,
  type Breaker,
  type BreakerConfig,
  type BreakerOutcome,
  type BreakerState,
  type Permit,
} from "./breaker-api.js";
import { BreakerWindow } from "./breaker-window.js";
import { checkConfig, count, duration, share } from "./config.js";
import { ENTITY, recordState } from "./facts.js";
import { GOALS } from "./goals.js";

/** How soon to ask again while others are trying. */
const PROBE_PATIENCE: Micros = 100_000;

export class CircuitBreaker implements Breaker {
  readonly #host: Host;
  readonly #config: BreakerConfig;
  readonly #window: BreakerWindow;
  #state: BreakerState = "closed";
  /** Counts changes of state: outcomes of calls that were let through before the last one do not count. */
  #generation = 1;
  /** When the present state began, by the monotonic clock. */
  #since: Micros;
  #probesOut = 0;
  #successes = 0;
  #calls = 0;

  /** @throws RangeError that names what is wrong with the configuration. */
  constructor(host: Host, config: BreakerConfig) {
    checkConfig(`breaker ${config.name}`, {
      failureRatio: share(config.failureRatio),
      minimumCalls: count(config.minimumCalls, 1, config.windowCalls),
      windowCalls: count(config.windowCalls, 1),
      windowTime: duration(config.windowTime),
      openFor: duration(config.openFor),
      probes: count(config.probes, config.successesToClose),
      halfOpenFor: duration(config.halfOpenFor),
      successesToClose: count(config.successesToClose, 1),
    });
    this.#host = host;
    this.#config = config;
    this.#window = new BreakerWindow(config.windowCalls, config.windowTime);
    this.#since = this.#now();
    const { name, detail: _, ...settings } = config;
    recordState(host, ENTITY.breaker, name, "none", "closed", {
      generation: 1,
      clock: this.#since,
      ...settings,
    });
  }

  get name(): string {
    return this.#config.name;
  }

  get state(): BreakerState {
    return this.#state;
  }

  admit(): Admission {
    const now = this.#now();
    this.#letTimePass(now);
    const { openFor, probes: allowed, name } = this.#config;
    const probes = this.#host.defect("PW13") ? allowed + 1 : allowed;
    const retryAfter = this.#retryAfter(now, openFor, probes);
    if (retryAfter !== undefined) {
      this.#host.reached(GOALS.breakerRefused);
      if (this.#config.detail !== "lean") {
        this.#host.record({
          kind: "refusal",
          operation: "breaker-call",
          reason: this.#state,
          key: name,
          detail: { retryAfter },
        });
      }
      return { admitted: false, retryAfter };
    }
    if (this.#state === "half-open") this.#probesOut++;
    return { admitted: true, permit: this.#permit() };
  }

  /** Undefined when a call may pass. */
  #retryAfter(now: Micros, openFor: Micros, probes: number): Micros | undefined {
    switch (this.#state) {
      case "closed":
        return undefined;
      case "open":
        return Math.max(1, this.#since + openFor - now);
      case "half-open":
        if (this.#host.defect("half-open-lets-all-through")) return undefined;
        return this.#probesOut + this.#successes < probes ? undefined : PROBE_PATIENCE;
    }
  }

  /** Open and half-open end by the clock. */
  #letTimePass(now: Micros): void {
    const { openFor, halfOpenFor } = this.#config;
    if (this.#state === "open" && now - this.#since >= openFor) this.#become("half-open", now, "time");
    else if (this.#state === "half-open" && now - this.#since >= halfOpenFor) {
      if (this.#host.defect("PW13")) return;
      this.#host.reached(GOALS.breakerHalfOpenExpired);
      this.#become("open", now, "time");
    }
  }

  #permit(): Permit {
    const call = `${this.#config.name}/${++this.#calls}`;
    const generation = this.#generation;
    this.#recordCall(call, "none", "admitted");
    let isReported = false;
    return {
      report: (outcome) => {
        if (isReported) return;
        isReported = true;
        const at = this.#now();
        this.#recordCall(call, "admitted", outcome);
        this.#letTimePass(at);
        this.#count(outcome, generation, at);
      },
    };
  }

  #count(outcome: BreakerOutcome, generation: number, now: Micros): void {
    invariant(BREAKER_OUTCOMES.includes(outcome), `${this.name}: ${outcome} is no outcome of a call`);
    if (generation !== this.#generation) {
      this.#host.reached(GOALS.breakerLateOutcome);
      if (!this.#host.defect("PW14") || this.#state === "open") return;
    }
    const counted = outcome === "decline" && this.#host.defect("PW19") ? "failure" : outcome;
    switch (this.#state) {
      case "closed":
        if (counted !== "decline") this.#countClosed(counted === "failure", now);
        return;
      case "half-open":
        this.#countProbe(counted, now);
        return;
      case "open":
        invariant(false, `${this.name} let a call through while it was open`);
    }
  }

  #countClosed(failed: boolean, now: Micros): void {
    const { minimumCalls, failureRatio } = this.#config;
    this.#window.add(now, failed);
    const { size, failures } = this.#window;
    if (size >= minimumCalls && failures >= failureRatio * size) this.#become("open", now, "failures");
  }

  #countProbe(outcome: BreakerOutcome, now: Micros): void {
    if (outcome === "decline" && this.#host.defect("probe-kept-by-decline")) return;
    this.#probesOut--;
    if (outcome === "decline") return;
    if (outcome === "failure") {
      this.#become("open", now, "failures");
      return;
    }
    this.#successes++;
    if (this.#successes >= this.#config.successesToClose) this.#become("closed", now, "successes");
  }

  #become(state: BreakerState, now: Micros, why: string): void {
    const from = this.#state;
    this.#state = state;
    this.#generation++;
    this.#since = now;
    this.#probesOut = 0;
    this.#successes = 0;
    if (!this.#host.defect("PW12")) this.#window.clear();
    if (state === "open") this.#host.reached(GOALS.breakerOpened);
    if (state === "closed") this.#host.reached(GOALS.breakerClosed);
    recordState(this.#host, ENTITY.breaker, this.name, from, state, {
      generation: this.#generation,
      clock: this.#host.clock.monotonic(),
      why,
    });
  }

  /** Time that nobody can set. */
  #now(): Micros {
    const { clock } = this.#host;
    return this.#host.defect("breaker-goes-by-wall-clock") ? clock.now() : clock.monotonic();
  }

  #recordCall(call: string, from: string, to: string): void {
    if (this.#config.detail === "lean") return;
    recordState(this.#host, ENTITY.breakerCall, call, from, to, {
      breaker: this.name,
      clock: this.#host.clock.monotonic(),
    });
  }
}

/**
 * One call through a breaker: refused, or made and reported.
 *
 * @param judge how what it came to counts.
 */
export async function throughBreaker<T>(
  breaker: Breaker,
  attempt: () => Promise<T>,
  judge: (result: T) => BreakerOutcome,
): Promise<
  { readonly admitted: true; readonly result: T } | { readonly admitted: false; readonly retryAfter: Micros }
> {
  const admission = breaker.admit();
  if (!admission.admitted) return admission;
  const result = await attempt();
  admission.permit.report(judge(result));
  return { admitted: true, result };
}
