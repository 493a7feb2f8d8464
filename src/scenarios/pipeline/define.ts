/**
 * How a scenario of the order pipeline is put together: a topology, a workload, a storm and what must hold.
 * One minute of virtual time: orders and faults in the first half, then everything heals, and in the second half
 * liveness is judged.
 */
import * as fc from "fast-check";
import {
  type DrawStorm,
  defineScenario,
  type Fault,
  type FaultKind,
  type FaultScope,
  type HostSpec,
  type KnobValue,
  MILLISECOND,
  type Micros,
  type Operation,
  type Scenario,
  SECOND,
  type Strategy,
  type Universe,
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
  /** Goals and properties that each of its universes comes to. */
  readonly certain?: readonly string[];
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
  const { id, title, shows, preset = "hardened", storm, varied } = definition;
  const common = {
    id,
    title,
    shows,
    system: pipelineSystem,
    mustFire: definition.mustFire ?? [],
    goals: definition.goals ?? [],
    certain: definition.certain ?? [],
    expectedViolations: definition.expectedViolations ?? [],
    defaults: (deliveries: readonly Operation[]) => ({ ...PIPELINE_DEFAULTS, ...roomFor(deliveries) }),
    healAt: HEAL_AT,
    duration: DURATION,
  };
  if (varied !== undefined) return defineScenario({ ...common, ...variedUniverses(definition, varied) });
  const hosts = topologyOf(preset);
  return defineScenario({
    ...common,
    hosts,
    ...actionsIn(hosts, definition),
    knobs: definition.knobs ?? {},
    ...(storm === undefined ? {} : { storm: storm(scopeOf(hosts)) }),
  });
}

/** Universes of many topologies and settings. */
function variedUniverses(definition: PipelineScenario, { presets, knobs, strategy, storm }: Varied) {
  const universe = fc.tuple(fc.constantFrom(...presets), knobs).chain(([preset, drawn]) =>
    fc.record({
      preset: fc.constant(preset),
      topology: fc.constant(topologyOf(preset)),
      knobs: fc.constant({ ...definition.knobs, ...drawn }),
      ...actionsIn(topologyOf(preset), definition),
    }),
  );
  const stormIn: DrawStorm<Universe & { readonly preset: Preset }> = (asked, { preset, topology, knobs }) =>
    storm(asked, preset, {
      ...scopeOf(topology),
      triggersFrom: FOUNDED,
      moments: MOMENTS,
      timeouts: timeoutsIn(knobs),
    });
  return { universe, strategy, storm: stormIn };
}

function actionsIn(topology: readonly HostSpec[], definition: PipelineScenario) {
  return {
    workload: workload({ ...ORDERS, ...definition.workload }, withRole(topology, "shop")),
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
