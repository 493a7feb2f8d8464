/**
 * How a scenario of the replica mirror is put together: a workload, a storm and what must hold. One minute of
 * virtual time: writes and faults in the first half, then everything heals, and in the second half liveness
 * is judged.
 */
import type * as fc from "fast-check";
import {
  defineScenario,
  type Fault,
  type FaultKind,
  type FaultScope,
  type KnobValue,
  type Micros,
  type Scenario,
  SECOND,
  type Strategy,
} from "seedstorm";
import { MIRROR_DEFAULTS } from "../../model/mirror/knobs.js";
import { mirrorSystem } from "./system.js";
import { CLUSTERS, MIRROR_TOPOLOGY, UNDER_STORM } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

export const HEAL_AT: Micros = 34 * SECOND;
const DURATION: Micros = 60 * SECOND;
const FIRST_FAULT: Micros = 3 * SECOND;

export interface MirrorScenario {
  readonly id: string;
  readonly title: string;
  readonly shows: string;
  readonly workload?: Partial<WorkloadShape>;
  readonly knobs?: fc.Arbitrary<Readonly<Record<string, KnobValue>>>;
  /** Faults on the ground; none when left out. */
  readonly storm?: fc.Arbitrary<Fault[]>;
  /** In place of `storm`: faults on the ground by each strategy. A swarm is what there is when none is asked for. */
  readonly storms?: (strategy: Strategy) => fc.Arbitrary<Fault[]>;
  readonly mustFire?: readonly FaultKind[];
  readonly goals?: readonly string[];
  /** Goals and properties that each of its universes comes to. */
  readonly certain?: readonly string[];
}

/** Where storms of the mirror rage; what is stored is damaged at clusters only. */
export const SCOPE: FaultScope = {
  from: FIRST_FAULT,
  healAt: HEAL_AT,
  hosts: UNDER_STORM,
  replicas: CLUSTERS,
  services: [],
};

const WRITES: WorkloadShape = {
  writes: { min: 60, max: 130 },
  reads: { min: 10, max: 30 },
  from: 2 * SECOND,
  to: 33 * SECOND,
};

/** Knobs that properties judge by. */
const { pollInterval, batchLimit, readTimeout, maxAge, skewBound, deltaReplay } = MIRROR_DEFAULTS;
const JUDGED = { pollInterval, batchLimit, readTimeout, maxAge, skewBound, deltaReplay };

/** The strategy of storms when none is asked for. */
const USUAL: Strategy = "swarm";

export function mirrorScenario(definition: MirrorScenario): Scenario {
  const { id, title, shows, storm, storms } = definition;
  return defineScenario({
    id,
    title,
    shows,
    system: mirrorSystem,
    hosts: MIRROR_TOPOLOGY,
    workload: workload({ ...WRITES, ...definition.workload }),
    knobs: definition.knobs ?? {},
    defaults: () => JUDGED,
    mustFire: definition.mustFire ?? [],
    goals: definition.goals ?? [],
    certain: definition.certain ?? [],
    healAt: HEAL_AT,
    duration: DURATION,
    ...(storm === undefined ? {} : { storm }),
    ...(storms === undefined ? {} : { storm: storms, strategy: USUAL, drawnTogether: storms(USUAL) }),
  });
}
