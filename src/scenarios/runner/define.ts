/**
 * How a scenario of the runner is put together: a minute of virtual time, in whose first half orders come and faults strike;
 * then everything heals, and in the second half liveness is judged.
 */
import { type FaultScope, fc, type KnobValue, type Micros, type Scenario, SECOND } from "seedstorm";
import { CARRIER, PAYMENTS } from "../../model/runner/business/files.js";
import { environmentOf, filesOf } from "../../model/runner/knobs.js";
import { loadSettings } from "../../model/runner/settings.js";
import { type OwnScenario, scenariosOf } from "../define.js";
import { runnerSystem } from "./system.js";
import { RUNNER_TOPOLOGY } from "./topology.js";
import { LAST_ORDER, type WorkloadShape, workload } from "./workload.js";

type Knobs = Readonly<Record<string, KnobValue>>;

export const HEAL_AT: Micros = 30 * SECOND;
const FIRST_FAULT: Micros = 1 * SECOND;

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

const spreadOf = (knobs: Knobs) => loadSettings(filesOf(knobs), environmentOf(knobs, "*")).spread;

const WORKLOAD: WorkloadShape = {
  orders: { min: 4, max: 10 },
  doomed: 25,
  cancelled: 15,
  poison: { min: 0, max: 0 },
  from: 2 * SECOND,
  to: LAST_ORDER,
  operator: fc.constant([]),
  spread: spreadOf({}),
};

const scenario = scenariosOf<WorkloadShape>({
  system: runnerSystem,
  hosts: RUNNER_TOPOLOGY,
  workload,
  shape: WORKLOAD,
  strategy: "aimed",
  healAt: HEAL_AT,
  duration: 2 * HEAL_AT,
});

type RunnerScenario = Omit<OwnScenario<Omit<WorkloadShape, "spread">>, "knobs"> & { readonly knobs?: Knobs };

/** Orders are spread over shards as the settings of its nodes say. */
export const runnerScenario = ({ knobs = {}, workload: shape, ...rest }: RunnerScenario): Scenario =>
  scenario({ ...rest, knobs, workload: { ...shape, spread: spreadOf(knobs) } });
