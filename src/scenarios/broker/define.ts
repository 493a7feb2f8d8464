/**
 * How a scenario of the broker is put together. Eighty seconds of virtual time: messages come and faults strike in the first
 * half, then everything heals, and liveness is judged in the end, when the last ack wait has run out.
 */
import { type FaultScope, type Micros, SECOND } from "seedstorm";
import { scenariosOf } from "../define.js";
import { brokerSystem } from "./system.js";
import { BROKER_TOPOLOGY, BROKERS, UNDER_STORM } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

export const HEAL_AT: Micros = 36 * SECOND;
const DURATION: Micros = 80 * SECOND;
const FIRST_FAULT: Micros = 2 * SECOND;
/** Snapshots are taken soon, so that most runs have some. */
const SNAPSHOT_EVERY = 32;

/** Where storms rage. The stream of one replica is on the first broker: of disks that of another one is damaged. */
export const SCOPE: FaultScope = {
  from: FIRST_FAULT,
  healAt: HEAL_AT,
  hosts: UNDER_STORM,
  replicas: [BROKERS[2]],
  services: [],
};

/** Brokers and the store only. */
export const SERVERS: FaultScope = {
  ...SCOPE,
  hosts: UNDER_STORM.filter(({ role }) => role === "broker" || role === "store"),
};

const WORKLOAD: WorkloadShape = {
  messages: { min: 25, max: 60 },
  keys: { min: 15, max: 35 },
  transfers: { min: 10, max: 30 },
  tended: 4,
  stamps: [],
  from: 2 * SECOND,
  to: 45 * SECOND,
};

export const brokerScenario = scenariosOf<WorkloadShape>({
  system: brokerSystem,
  hosts: BROKER_TOPOLOGY,
  workload,
  shape: WORKLOAD,
  knobs: { "raft.snapshotEvery": SNAPSHOT_EVERY },
  strategy: "aimed",
  drawnTogether: true,
  healAt: HEAL_AT,
  duration: DURATION,
});
