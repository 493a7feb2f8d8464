/**
 * How a scenario of the saga engine is put together: a workload, a storm and what must hold. One minute of
 * virtual time: runs are started and faults strike in the first half, then everything heals, and in the
 * second half liveness is judged.
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
import { sagaSystem } from "./system.js";
import { DATABASE, RUNNERS, SAGA_TOPOLOGY, UNDER_STORM } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

export const HEAL_AT: Micros = 30 * SECOND;
const DURATION: Micros = 60 * SECOND;
const FIRST_FAULT: Micros = 1 * SECOND;

export interface SagaScenario {
  readonly id: string;
  readonly title: string;
  readonly shows: string;
  readonly workload?: Partial<WorkloadShape>;
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  /** Faults on the ground; none when left out. */
  readonly storm?: fc.Arbitrary<Fault[]>;
  /** In place of `storm`: faults on the ground by each strategy. A swarm is what there is when none is asked for. */
  readonly storms?: (strategy: Strategy) => fc.Arbitrary<Fault[]>;
  readonly mustFire?: readonly FaultKind[];
  readonly goals?: readonly string[];
  /** Goals and properties that each of its universes comes to. */
  readonly certain?: readonly string[];
}

/** Where storms rage. Of disks it is the database's that is hit: it alone holds what counts. */
export const SCOPE: FaultScope = {
  from: FIRST_FAULT,
  healAt: HEAL_AT,
  hosts: UNDER_STORM,
  replicas: [DATABASE],
  services: ["cloud"],
};

/** Runners only. */
export const RUNNER_GROUND: FaultScope = {
  ...SCOPE,
  hosts: UNDER_STORM.filter(({ role }) => role === "runner"),
  replicas: RUNNERS,
};

const WORKLOAD: WorkloadShape = {
  deployments: { min: 3, max: 7 },
  proofs: { min: 1, max: 3 },
  doomed: 25,
  protected: 15,
  cancelled: 20,
  lists: { min: 0, max: 3 },
  from: 1 * SECOND,
  to: 26 * SECOND,
};

/** The strategy of storms when none is asked for. */
const USUAL: Strategy = "swarm";

export function sagaScenario(definition: SagaScenario): Scenario {
  const { id, title, shows, storm, storms } = definition;
  return defineScenario({
    id,
    title,
    shows,
    system: sagaSystem,
    hosts: SAGA_TOPOLOGY,
    workload: workload({ ...WORKLOAD, ...definition.workload }),
    knobs: definition.knobs ?? {},
    mustFire: definition.mustFire ?? [],
    goals: definition.goals ?? [],
    certain: definition.certain ?? [],
    healAt: HEAL_AT,
    duration: DURATION,
    ...(storm === undefined ? {} : { storm }),
    ...(storms === undefined ? {} : { storm: storms, strategy: USUAL, drawnTogether: storms(USUAL) }),
  });
}
