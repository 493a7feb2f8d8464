/**
 * What a scenario and a system under test are to the rest of the house.
 */

import type { Latencies } from "../check/latencies.js";
import type { Property, PropertyReport, Violation } from "../check/property.js";
import type { FaultKind } from "../sim/faults/catalogue.js";
import type { HistoryEvent } from "../sim/history.js";
import type { DiskLoss } from "../sim/machine.js";
import type { Moment } from "../sim/moments.js";
import type { Operation, Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { World } from "../sim/world.js";
import type { Defect } from "./defect.js";
import type { Measurements } from "./measurements.js";

/** A system under test: how to bring it to life in a world, and what must hold of it. */
export interface System {
  readonly id: string;
  readonly title: string;
  readonly properties: readonly Property[];
  readonly defects: readonly Defect[];
  /** What faults may be aimed at, besides the moments of the world. */
  readonly moments?: readonly Moment[];
  /** What an operation of its workload is called: `order`. Default: `operation`. */
  readonly noun?: string;
  /** Roles of hosts outside of the failure model, such as clients: storms leave them alone. Default: none. */
  readonly clients?: readonly string[];
  /** Names of the services outside that it calls. Default: none. */
  readonly services?: readonly string[];
  /**
   * Its knobs and their defaults, where plans write them out: stories tell those that differ, and `defineSystem` refuses plans
   * with others.
   */
  readonly knobs?: Plan["knobs"];
  /**
   * Roles of hosts that a plan may have fewer of, and how few: with those left the sound system keeps all of its properties.
   * Hosts of other roles are never taken out of a plan. Default: none may go.
   */
  readonly minHosts?: Readonly<Record<string, number>>;
  /**
   * Knobs that bring about by the way what otherwise takes luck or many operations, such as a snapshot: the sound system
   * keeps all of its properties with them. Shrinking tries them in the place of other knobs. Default: none.
   */
  readonly stressKnobs?: Plan["knobs"];
  /** What its clients wait for, as participles (`accepted`), for reports to tell how long. Default: nothing. */
  latencies?(history: readonly HistoryEvent[]): Latencies;
  /** Tables and courses of a run for its reports. Default: none; undefined where a run has nothing to measure. */
  measurements?(outcome: Pick<Outcome, "plan" | "history" | "virtualTime">): Measurements | undefined;
  /** Adds hosts' boot procedures, external services and the workload's verbs to a world made for this plan. */
  build(world: World, plan: Plan): void;
  /** Whether this run, by design, could not recover (a quorum's disks are gone): then liveness is not judged. */
  unrecoverable?(world: World, plan: Plan): boolean;
}

/**
 * How a storm's faults are drawn.
 *
 * - `random`: each of any kind, at any time.
 * - `swarm`: of a random subset of the kinds, at any time.
 * - `aimed`: as `swarm`, and about half of them at moments of the run.
 */
export const STRATEGIES = ["random", "swarm", "aimed"] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface PlanOptions {
  /** Replaces the generated workload's orders: real input. */
  readonly workload?: readonly Operation[];
  readonly defects?: readonly string[];
  readonly knobs?: Plan["knobs"];
  /** Of scenarios that have one. Default: the scenario's own. */
  readonly strategy?: Strategy;
}

export interface Scenario {
  readonly id: string;
  /** One sentence for `seedstorm list`. */
  readonly title: string;
  /** What it shows and what must hold, a few sentences for `seedstorm list SCENARIO`. */
  readonly shows: string;
  readonly system: System;
  /** Fault kinds that a campaign promises to have fired. */
  readonly mustFire: readonly FaultKind[];
  /** Goals that a campaign promises to have reached. */
  readonly goals: readonly string[];
  /**
   * Goals and properties, by their ids, that each of its universes comes to whatever the seed: a campaign without one of them
   * fails, however short it is. Default: none.
   */
  readonly certain?: readonly string[];
  /** Properties that this scenario is known to violate, by design of what it shows; everything else holds. */
  readonly expectedViolations: readonly string[];
  /** How its storm is drawn when nobody says otherwise; left out where the scenario itself prescribes it. */
  readonly strategy?: Strategy;
  /** One seed, one plan: a pure function of its arguments. */
  plan(seed: number, options?: PlanOptions): Plan;
}

export type Verdict = "held" | "violated" | "unrecoverable";

/** What a run came to. Wall-clock time is not in it: the same plan gives the same outcome. */
export interface Outcome {
  readonly plan: Plan;
  readonly verdict: Verdict;
  /** 16 hexadecimal digits: every dispatched event is folded in. */
  readonly traceHash: string;
  /** Dispatched events. */
  readonly events: number;
  readonly virtualTime: Micros;
  /** For each fault kind of the plan: how many were planned, and how many did something. */
  readonly faults: Readonly<Record<string, { readonly planned: number; readonly fired: number }>>;
  /** Goals reached, with how often. */
  readonly goals: Readonly<Record<string, number>>;
  /** Buggify points asked, with how often they fired. */
  readonly buggify: Readonly<Record<string, number>>;
  /** Defect switches asked (whether on or off), with how often. */
  readonly defectsAsked: Readonly<Record<string, number>>;
  readonly properties: readonly PropertyReport[];
  readonly violations: readonly Violation[];
  readonly history: readonly HistoryEvent[];
  /** What crashes took back of disks, in order. */
  readonly diskLosses: readonly DiskLoss[];
}
