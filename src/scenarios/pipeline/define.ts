/**
 * How a scenario of the order pipeline is put together: a topology, a workload, a storm and what must hold.
 * One minute of virtual time: orders and faults in the first half, then everything heals, and in the second half
 * liveness is judged.
 */
import * as fc from "fast-check";
import { PIPELINE_DEFAULTS } from "../../model/pipeline/knobs.js";
import type { Fault, FaultKind } from "../../sim/faults.js";
import type { HostSpec, KnobValue, Operation, Plan } from "../../sim/plan.js";
import { type Micros, SECOND } from "../../sim/time.js";
import { generate } from "../generate.js";
import type { Scenario } from "../scenario.js";
import type { StormGround } from "../swarm.js";
import { pipelineSystem } from "./system.js";
import { type Preset, topologyOf, underStorm, withRole } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

/** From so many deliveries on workers need more hands. */
const MANY_DELIVERIES = 200;
const HEAL_AT: Micros = 34 * SECOND;
const DURATION: Micros = 60 * SECOND;
/** Elections are over by then. */
const FIRST_ORDER: Micros = 4 * SECOND;
const LAST_ORDER: Micros = 30 * SECOND;
const FIRST_FAULT: Micros = 3 * SECOND;

export interface PipelineScenario {
  readonly id: string;
  readonly title: string;
  readonly shows: string;
  readonly preset?: Preset;
  readonly workload?: Partial<WorkloadShape>;
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  /** Faults for the ground that the topology gives; none when left out. */
  readonly storm?: (ground: StormGround) => fc.Arbitrary<Fault[]>;
  /** What operators do besides. */
  readonly operations?: (
    topology: readonly HostSpec[],
    from: Micros,
    to: Micros,
  ) => fc.Arbitrary<Operation[]>;
  readonly promisesFaults?: readonly FaultKind[];
  readonly goals?: readonly string[];
  readonly expectedViolations?: readonly string[];
}

export const OUTSIDE_SERVICES = ["payments"] as const;

const ORDERS: WorkloadShape = {
  orders: { min: 8, max: 24 },
  redelivered: 15,
  conflicting: 4,
  malformed: 4,
  poison: 2,
  declined: 3,
  from: FIRST_ORDER,
  to: LAST_ORDER,
};

export function pipelineScenario(definition: PipelineScenario): Scenario {
  const topology = topologyOf(definition.preset ?? "hardened");
  const ground = groundOf(topology);
  const plans = fc.record({
    faults: definition.storm?.(ground) ?? fc.constant([]),
    orders: workload({ ...ORDERS, ...definition.workload }, withRole(topology, "shop")),
    operations: definition.operations?.(topology, FIRST_ORDER, HEAL_AT) ?? fc.constant([]),
  });
  return {
    id: definition.id,
    title: definition.title,
    shows: definition.shows,
    system: pipelineSystem,
    promisesFaults: definition.promisesFaults ?? [],
    goals: definition.goals ?? [],
    expectedViolations: definition.expectedViolations ?? [],
    plan(seed, options = {}): Plan {
      const { faults, orders, operations } = generate(plans, seed);
      const deliveries = options.workload ?? orders;
      return {
        format: 1,
        scenario: definition.id,
        seed,
        topology,
        knobs: { ...PIPELINE_DEFAULTS, ...roomFor(deliveries), ...definition.knobs, ...options.knobs },
        workload: [...deliveries, ...operations].sort((a, b) => a.at - b.at),
        faults,
        defects: options.defects ?? [],
        healAt: HEAL_AT,
        duration: DURATION,
      };
    },
  };
}

/** Workers that keep up with real input of a thousand deliveries in half a minute. */
function roomFor(deliveries: readonly Operation[]): Readonly<Record<string, KnobValue>> {
  return deliveries.length > MANY_DELIVERIES ? { workerConcurrency: 16 } : {};
}

function groundOf(topology: readonly HostSpec[]): StormGround {
  return {
    from: FIRST_FAULT,
    healAt: HEAL_AT,
    hosts: underStorm(topology),
    replicas: withRole(topology, "replica").map((spec) => spec.id),
    services: OUTSIDE_SERVICES,
  };
}
