/**
 * How a scenario of the order pipeline is put together: a topology, a workload, a storm and what must hold.
 * One minute of virtual time: orders and faults in the first half, then everything heals, and in the second half
 * liveness is judged.
 */
import * as fc from "fast-check";
import {
  type Fault,
  type FaultKind,
  type FaultScope,
  generate,
  generateFor,
  type HostSpec,
  type KnobValue,
  MILLISECOND,
  type Micros,
  type Operation,
  type Plan,
  type PlanOptions,
  type Scenario,
  SECOND,
  type Strategy,
  WORLD_MOMENTS,
} from "seedstorm";
import { PIPELINE_DEFAULTS } from "../../model/pipeline/knobs.js";
import { pipelineMoments } from "../../model/pipeline/moments.js";
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
/**
 * Replicas have written down who they are. One that lost power before has no more on its disk than one whose disk was wiped, and
 * is treated as such: with a second one that really was, a group of three would be lost before it began.
 */
const FOUNDED: Micros = 250 * MILLISECOND;

export interface PipelineScenario {
  readonly id: string;
  readonly title: string;
  readonly shows: string;
  readonly preset?: Preset;
  readonly workload?: Partial<WorkloadShape>;
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  /** Faults for the ground that the topology gives; none when left out. */
  readonly storm?: (scope: FaultScope) => fc.Arbitrary<Fault[]>;
  /** What is drawn anew for each universe. */
  readonly varied?: Varied;
  /** What operators do besides. */
  readonly operations?: (
    topology: readonly HostSpec[],
    from: Micros,
    to: Micros,
  ) => fc.Arbitrary<Operation[]>;
  readonly mustFire?: readonly FaultKind[];
  readonly goals?: readonly string[];
  readonly expectedViolations?: readonly string[];
}

/** Universes of one scenario that differ in more than their workload and the times of their faults. */
export interface Varied {
  /** The same preset more than once is drawn as much more often. */
  readonly presets: readonly Preset[];
  readonly knobs: fc.Arbitrary<Readonly<Record<string, KnobValue>>>;
  /** The strategy that is used when none is asked for. */
  readonly strategy: Strategy;
  readonly storm: (strategy: Strategy, preset: Preset, scope: FaultScope) => fc.Arbitrary<Fault[]>;
}

export const EXTERNAL_SERVICES = ["payments"] as const;

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
  const { varied } = definition;
  const draw = varied === undefined ? same(definition) : variedPlans(definition, varied);
  return {
    id: definition.id,
    title: definition.title,
    shows: definition.shows,
    system: pipelineSystem,
    mustFire: definition.mustFire ?? [],
    goals: definition.goals ?? [],
    expectedViolations: definition.expectedViolations ?? [],
    ...(varied === undefined ? {} : { strategy: varied.strategy }),
    plan(seed, options = {}): Plan {
      const { topology, knobs, faults, orders, operations } = draw(seed, options);
      const deliveries = options.workload ?? orders;
      return {
        format: 2,
        scenario: definition.id,
        seed,
        topology,
        knobs: { ...PIPELINE_DEFAULTS, ...roomFor(deliveries), ...knobs, ...options.knobs },
        workload: [...deliveries, ...operations].sort((a, b) => a.at - b.at),
        faults,
        defects: options.defects ?? [],
        healAt: HEAL_AT,
        duration: DURATION,
      };
    },
  };
}

/** What a seed decides. */
interface Drawn {
  readonly topology: readonly HostSpec[];
  readonly knobs: Readonly<Record<string, KnobValue>>;
  readonly faults: readonly Fault[];
  readonly orders: readonly Operation[];
  readonly operations: readonly Operation[];
}
type Draw = (seed: number, options: PlanOptions) => Drawn;

/** Universes in one topology, with the scenario's own knobs. */
function same(definition: PipelineScenario): Draw {
  const topology = topologyOf(definition.preset ?? "hardened");
  const plans = fc.record({
    faults: definition.storm?.(scopeOf(topology)) ?? fc.constant([]),
    ...doingsIn(topology, definition),
  });
  return (seed) => ({ topology, knobs: definition.knobs ?? {}, ...generate(plans, seed) });
}

/**
 * Universes of many topologies and settings. Faults are drawn apart from the rest, so that the same seed gives the same
 * universe under each strategy but for its storm.
 */
function variedPlans(definition: PipelineScenario, { presets, knobs, strategy, storm }: Varied): Draw {
  const universes = fc.tuple(fc.constantFrom(...presets), knobs).chain(([preset, knobs]) =>
    fc.record({
      preset: fc.constant(preset),
      knobs: fc.constant(knobs),
      ...doingsIn(topologyOf(preset), definition),
    }),
  );
  return (seed, options) => {
    const universe = generateFor("universe", universes, seed);
    const topology = topologyOf(universe.preset);
    const settings = { ...definition.knobs, ...universe.knobs };
    const scope: FaultScope = {
      ...scopeOf(topology),
      triggersFrom: FOUNDED,
      moments: MOMENTS,
      timeouts: timeoutsIn({ ...PIPELINE_DEFAULTS, ...settings, ...options.knobs }),
    };
    const faults = generateFor("storm", storm(options.strategy ?? strategy, universe.preset, scope), seed);
    const { orders, operations } = universe;
    return { topology, knobs: settings, faults, orders, operations };
  };
}

function doingsIn(topology: readonly HostSpec[], definition: PipelineScenario) {
  return {
    orders: workload({ ...ORDERS, ...definition.workload }, withRole(topology, "shop")),
    operations: definition.operations?.(topology, FIRST_ORDER, HEAL_AT) ?? fc.constant<Operation[]>([]),
  };
}

const MOMENTS = [...pipelineMoments, ...WORLD_MOMENTS].map(({ id }) => id);

/** The times after which somebody gives up on somebody else. */
function timeoutsIn({ visibility, leaseTtl, reservation }: Readonly<Record<string, KnobValue>>): Micros[] {
  return [visibility, leaseTtl, reservation].filter((timeout) => typeof timeout === "number");
}

/** Workers that keep up with real input of a thousand deliveries in half a minute. */
function roomFor(deliveries: readonly Operation[]): Readonly<Record<string, KnobValue>> {
  return deliveries.length > MANY_DELIVERIES ? { workerConcurrency: 16 } : {};
}

function scopeOf(topology: readonly HostSpec[]): FaultScope {
  return {
    from: FIRST_FAULT,
    healAt: HEAL_AT,
    hosts: underStorm(topology),
    replicas: withRole(topology, "replica").map((spec) => spec.id),
    services: EXTERNAL_SERVICES,
  };
}
