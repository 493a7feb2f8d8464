/**
 * How a scenario of the saga engine is put together: a workload, a storm and what must hold. One minute of
 * virtual time: runs are started and faults strike in the first half, then everything heals, and in the
 * second half liveness is judged.
 */
import { type FaultScope, type Micros, SECOND } from "seedstorm";
import { scenariosOf } from "../define.js";
import { sagaSystem } from "./system.js";
import { DATABASE, RUNNERS, SAGA_TOPOLOGY, UNDER_STORM } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

export const HEAL_AT: Micros = 30 * SECOND;
const DURATION: Micros = 60 * SECOND;
const FIRST_FAULT: Micros = 1 * SECOND;

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

export const sagaScenario = scenariosOf<WorkloadShape>({
  system: sagaSystem,
  hosts: SAGA_TOPOLOGY,
  workload,
  shape: WORKLOAD,
  strategy: "swarm",
  drawnTogether: true,
  healAt: HEAL_AT,
  duration: DURATION,
});
