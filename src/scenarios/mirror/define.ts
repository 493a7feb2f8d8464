/**
 * How a scenario of the replica mirror is put together: a workload, a storm and what must hold. One minute of
 * virtual time: writes and faults in the first half, then everything heals, and in the second half liveness
 * is judged.
 */
import { type FaultScope, type Micros, SECOND } from "seedstorm";
import { MIRROR_DEFAULTS } from "../../model/mirror/knobs.js";
import { scenariosOf } from "../define.js";
import { mirrorSystem } from "./system.js";
import { CLUSTERS, MIRROR_TOPOLOGY, UNDER_STORM } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

export const HEAL_AT: Micros = 34 * SECOND;
const DURATION: Micros = 60 * SECOND;
const FIRST_FAULT: Micros = 3 * SECOND;

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

export const mirrorScenario = scenariosOf<WorkloadShape>({
  system: mirrorSystem,
  hosts: MIRROR_TOPOLOGY,
  workload,
  shape: WRITES,
  knobs: JUDGED,
  strategy: "swarm",
  drawnTogether: true,
  healAt: HEAL_AT,
  duration: DURATION,
});
