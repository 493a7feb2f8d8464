/**
 * How a scenario of the runner is put together: a minute of virtual time, in whose first half orders come and faults strike;
 * then everything heals, and in the second half liveness is judged.
 */
import {
  type DrawStorm,
  defineScenario,
  type Fault,
  type FaultKind,
  type FaultScope,
  fc,
  type KnobValue,
  type Micros,
  type Scenario,
  SECOND,
  type Strategy,
} from "seedstorm";
import { CARRIER, PAYMENTS } from "../../model/runner/business/files.js";
import { environmentOf, filesOf } from "../../model/runner/knobs.js";
import { loadSettings } from "../../model/runner/settings.js";
import { runnerSystem } from "./system.js";
import { RUNNER_TOPOLOGY } from "./topology.js";
import { LAST_ORDER, type WorkloadShape, workload } from "./workload.js";

export const HEAL_AT: Micros = 30 * SECOND;
const FIRST_FAULT: Micros = 1 * SECOND;

export interface RunnerScenario {
  readonly id: string;
  readonly title: string;
  readonly shows: string;
  readonly workload?: Partial<Omit<WorkloadShape, "spread">>;
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  /** Faults; none when left out. */
  readonly storm?: DrawStorm | fc.Arbitrary<Fault[]>;
  readonly strategy?: Strategy;
  readonly mustFire?: readonly FaultKind[];
  readonly goals?: readonly string[];
}

const under = (...roles: readonly string[]) => RUNNER_TOPOLOGY.filter(({ role }) => roles.includes(role));

/** Where storms rage. One broker in a run may lose what it stored. */
export const SCOPE: FaultScope = {
  from: FIRST_FAULT,
  healAt: HEAL_AT,
  hosts: under("broker", "store", "gateway", "runner"),
  replicas: under("broker", "store", "gateway").map(({ id }) => id),
  services: [PAYMENTS, CARRIER],
};

export const NODE_GROUND: FaultScope = {
  ...SCOPE,
  hosts: under("runner"),
  replicas: under("runner").map(({ id }) => id),
};

export const BROKER_GROUND: FaultScope = {
  ...SCOPE,
  hosts: under("broker"),
  replicas: under("broker").map(({ id }) => id),
};

export const STORE_GROUND: FaultScope = {
  ...SCOPE,
  hosts: under("store", "gateway"),
  replicas: under("store", "gateway").map(({ id }) => id),
};

const WORKLOAD: Omit<WorkloadShape, "spread"> = {
  orders: { min: 4, max: 10 },
  doomed: 25,
  cancelled: 15,
  poison: { min: 0, max: 0 },
  from: 2 * SECOND,
  to: LAST_ORDER,
  operator: fc.constant([]),
};

export function runnerScenario(definition: RunnerScenario): Scenario {
  const { workload: shape, knobs = {}, storm, ...rest } = definition;
  const { spread } = loadSettings(filesOf(knobs), environmentOf(knobs, "*"));
  return defineScenario({
    ...rest,
    system: runnerSystem,
    hosts: RUNNER_TOPOLOGY,
    workload: workload({ ...WORKLOAD, ...shape, spread }),
    knobs,
    ...(storm === undefined ? {} : { storm }),
    healAt: HEAL_AT,
    duration: 2 * HEAL_AT,
  });
}
