/**
 * What a drill is: a system that runs as real processes over a real engine, and the plan that a seed draws for it. A seed fixes
 * what is drawn, not how the processes interleave: there is no replay, and the history is the evidence.
 */
import type { ExternalModel } from "../sim/external.js";
import type { Host } from "../sim/host.js";
import type { KnobValue, Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { System } from "../storm/scenario.js";
import type { Backend } from "./backend.js";
import type { DrillFault, FaultGround } from "./faults.js";
import type { Engine } from "./jetstream.js";

export interface DrillOptions {
  /** For how long there are orders and faults. */
  readonly length: Micros;
  /** No faults. */
  readonly control: boolean;
  readonly defects: readonly string[];
  readonly knobs: Readonly<Record<string, KnobValue>>;
}

/** What a seed draws. */
export interface DrawnDrill {
  /** As a run's, without faults; it heals and ends when the drill does, so that both are put in afterwards. */
  readonly plan: Plan;
  readonly faults: readonly DrillFault[];
}

export interface Drill extends FaultGround {
  readonly id: string;
  /** One sentence. */
  readonly title: string;
  readonly system: System;
  /** What it can stand on, the usual one first. */
  readonly backends: readonly Backend[];
  /** The logs that its replicas share. */
  readonly logs: readonly string[];
  /** Roles that are started when everything has healed. */
  readonly afterHealing: readonly string[];
  /** How long liveness has after the healing. */
  readonly quiet: Micros;
  plan(seed: number, options: DrillOptions): DrawnDrill;
}

/** What the processes of a drill run. */
export interface DrillProcesses {
  /** Brings a host to life by its role. May run for ever; a rejection ends the process. */
  boot(host: Host, plan: Plan, context: LiveContext): void | Promise<void>;
  /** The services outside, by name. */
  services(plan: Plan): ReadonlyMap<string, ExternalModel>;
}

export interface LiveContext {
  /** The id of the backend that the drill stands on. */
  readonly backend: string;
  /** Time since the drill began. */
  now(): Micros;
  /** A connection to the server that stands where this host does. */
  engine(): Promise<Engine>;
}
