/**
 * A plan: everything that makes a universe, as plain data. `run(plan)` is a pure function of it, a repro
 * file is one of them written down, and shrinking takes things out of it.
 */
import type { Fault } from "./faults/catalogue.js";
import type { CivilStart, HostSpec, Json, KnobValue, Restarts } from "./spec.js";
import type { Micros } from "./time.js";

export type { CivilStart, Domain, HostSpec, Json, KnobValue, Restarts } from "./spec.js";

/** One thing that somebody outside does to the system: an order that arrives, an operator's command. */
export interface Operation {
  /** Unique within the plan, stable when other operations are taken out. */
  readonly id: string;
  /** When, in virtual microseconds since the universe began. */
  readonly at: Micros;
  /** The host that carries it out. */
  readonly host: string;
  /** What to do; the system under test knows the verbs. */
  readonly action: string;
  readonly body: Json;
}

/** From a moment on, chance falls otherwise. */
export interface Branch {
  /** Up to here, exclusive, the universe is the one that the plan has without the branch. Virtual microseconds. */
  readonly at: Micros;
  /** Which of the futures: every number gives another. */
  readonly future: number;
}

export interface Plan {
  /** Version of this format. */
  readonly format: 2;
  readonly scenario: string;
  /** Every random draw inside the run comes from a stream forked off this. A whole number, 0 to 2^53 - 1. */
  readonly seed: number;
  readonly topology: readonly HostSpec[];
  /** Settings of the system under test, by name; what is left out has the system's default. */
  readonly knobs: Readonly<Record<string, KnobValue>>;
  readonly workload: readonly Operation[];
  readonly faults: readonly Fault[];
  /** Planted defects that are switched on, by id. Empty for the sound system. */
  readonly defects: readonly string[];
  /** From here on no fault is active, every host is up, and liveness is judged. Virtual microseconds. */
  readonly healAt: Micros;
  /** The end of the run. Virtual microseconds; the quiet period lasts from `healAt` to here. */
  readonly duration: Micros;
  /**
   * A process may end itself (an exception that nobody handles, `host.exit`): it is started again. Left out, that is a failure of the
   * run.
   */
  readonly restarts?: Restarts;
  /** Default: 2030-01-01T00:00:00Z, in UTC. */
  readonly civil?: CivilStart;
  /** Left out for the universe that the seed alone gives. */
  readonly branch?: Branch;
}
