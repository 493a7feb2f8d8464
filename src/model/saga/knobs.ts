/**
 * The saga engine's settings: one table with every knob, its default and what it means.
 *
 * Times are in microseconds. The source gives none; the defaults are those of such engines, scaled down so
 * that leases run out, runs are rescued and compensations are exhausted within a universe of a minute.
 */
import { checkKnobNames, type KnobValue, type Micros, ms, seconds, settingsOf } from "seedstorm";

export interface SagaKnobs {
  /** How often a runner looks for jobs, give or take a quarter. */
  readonly pollInterval: Micros;
  /** Sagas that one runner executes at a time. */
  readonly concurrency: number;
  /** How long a runner has a saga to itself after it last said so. */
  readonly leaseTtl: Micros;
  /**
   * A runner takes its lease for lost this long after it asked for it: earlier than the database, by as much
   * as clocks may drift apart.
   */
  readonly leaseTrust: Micros;
  readonly renewInterval: Micros;
  /** How long the database is waited for. */
  readonly databaseTimeout: Micros;
  /** Before a runner asks the database again. */
  readonly databaseRetry: Micros;
  /** Records after which the database's log is written anew. */
  readonly compactAfter: number;
  /** How long one call to the cloud is waited for. */
  readonly callTimeout: Micros;
  /** Tries of a step at one thing that it asks of the cloud. */
  readonly callTries: number;
  /** First pause between them; doubles. */
  readonly callPause: Micros;
  /** Tries at a compensation before a human is needed. */
  readonly compensationTries: number;
  /** First pause between them; doubles up to eight times itself. */
  readonly compensationPause: Micros;
  /**
   * A job whose runner died is looked at again this much after its lease ran out; doubles with each death up
   * to eight times itself.
   */
  readonly jobBackoff: Micros;
  /** Before a job is looked at again that its runner could not begin. */
  readonly snooze: Micros;
  /** How often desired and actual resources are compared. */
  readonly auditInterval: Micros;
  /** How long customers and operators wait for an answer. */
  readonly clientTimeout: Micros;
  /** How often they ask for the same thing. */
  readonly clientTries: number;
  /** The version of the code that hosts begin with. */
  readonly version: number;
}

export const SAGA_DEFAULTS: SagaKnobs = {
  pollInterval: ms(400),
  concurrency: 4,
  leaseTtl: seconds(4),
  leaseTrust: ms(2_800),
  renewInterval: seconds(1),
  databaseTimeout: ms(800),
  databaseRetry: ms(150),
  compactAfter: 60,
  callTimeout: ms(1_200),
  callTries: 3,
  callPause: ms(200),
  compensationTries: 6,
  compensationPause: ms(300),
  jobBackoff: ms(400),
  snooze: seconds(1),
  auditInterval: seconds(4),
  clientTimeout: seconds(2),
  clientTries: 6,
  version: 1,
};

/**
 * The settings of a plan: its knobs over the defaults. A knob that nobody knows, and one of the wrong type,
 * is a RangeError that names it.
 */
export function sagaKnobs(knobs: Readonly<Record<string, KnobValue>>): SagaKnobs {
  checkKnobNames(knobs, [...Object.keys(SAGA_DEFAULTS), "buggify"]);
  return settingsOf(knobs, SAGA_DEFAULTS);
}

/** `first`, doubled with each try from the second on, up to eight times itself. */
export function backoff(first: Micros, tries: number): Micros {
  return first * (1 << Math.min(3, Math.max(0, tries - 1)));
}
