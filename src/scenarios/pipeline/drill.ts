/**
 * The order pipeline's drill: where its processes and the engine's servers stand, and what a seed draws: orders as shops send
 * them, and faults of servers, of their links and of the pipeline's own processes.
 */
import * as fc from "fast-check";
import { type HostSpec, type Micros, SECOND } from "seedstorm";
import { type DrawnDrill, type Drill, type DrillOptions, logBackend, SERVER_ROLE } from "seedstorm/live";
import { PIPELINE_DEFAULTS, pipelineKnobs } from "../../model/pipeline/knobs.js";
import { liveDefects } from "../../model/pipeline/live/defects.js";
import { jetstreamBackend } from "../../model/pipeline/live/jetstream-backend.js";
import { keyAnswersHaveAState } from "../../model/pipeline/live/key-answers.js";
import { RESOURCES } from "../../model/resources/types.js";
import { type DrillGround, draw, drawnDrill, faultsWithin } from "../drill-faults.js";
import { pipelineSystem } from "./system.js";
import { topologyOf, withRole } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

const ID = "pipeline";

/** Orders keep away from the ends of the drill. */
const FIRST_ORDER: Micros = SECOND;
/** For each second of a drill. */
const ORDERS_A_SECOND = 6;
/** The same as half a minute of the simulation's quiet time: time-outs pass, and are recovered from. */
const QUIET: Micros = 30 * SECOND;

/** One server where each replica stands. */
const SERVERS: readonly HostSpec[] = withRole(topologyOf("hardened"), "replica").map(({ domain }) => ({
  id: `nats-${domain.provider}`,
  domain,
  role: SERVER_ROLE,
}));
const TOPOLOGY: readonly HostSpec[] = [
  ...SERVERS,
  ...topologyOf("hardened").filter(({ role }) => role !== "operator"),
];
const STRUCK_ROLES = ["replica", "gateway", "worker", "maintenance"];

const SHAPE: Omit<WorkloadShape, "from" | "to" | "orders"> = {
  redelivered: 15,
  conflicting: 4,
  malformed: 4,
  poison: 1,
  declined: 3,
};

const LOGS = Object.values(RESOURCES);
/** Logs whose streams' leaders are worth aiming at. */
const AIMED = [RESOURCES.orders, RESOURCES.effects, RESOURCES.leaders];

const GROUND: DrillGround = {
  servers: SERVERS.map(({ id }) => id),
  aimed: AIMED,
  hosts: withRole(TOPOLOGY, ...STRUCK_ROLES).map(({ id }) => id),
};

export const pipelineDrill: Drill = {
  id: ID,
  title: "the order pipeline as real processes over a JetStream cluster of three servers",
  system: {
    ...pipelineSystem,
    properties: [...pipelineSystem.properties, keyAnswersHaveAState],
    defects: [...pipelineSystem.defects, ...liveDefects],
  },
  backends: [logBackend, jetstreamBackend],
  logs: LOGS,
  underFaults: STRUCK_ROLES,
  afterHealing: ["auditor"],
  quiet: QUIET,
  plan,
};

function plan(seed: number, { length, control, defects, knobs }: DrillOptions): DrawnDrill {
  pipelineKnobs(knobs); // what nobody knows is refused before anything begins
  const { orders, faults } = draw(drillOf(length), seed);
  const drawn = {
    scenario: ID,
    seed,
    topology: TOPOLOGY,
    knobs: { ...PIPELINE_DEFAULTS, workerConcurrency: 8, ...knobs },
    workload: orders,
    defects,
  };
  return drawnDrill(drawn, control ? [] : faults, length, QUIET);
}

const seconds = (time: Micros): number => Math.floor(time / SECOND);

function drillOf(length: Micros) {
  const count = seconds(length) * ORDERS_A_SECOND;
  const shape: WorkloadShape = {
    ...SHAPE,
    orders: { min: count, max: count },
    from: FIRST_ORDER,
    to: length - FIRST_ORDER,
  };
  const shops = withRole(TOPOLOGY, "shop");
  return fc.record({ orders: workload(shape, shops), faults: faultsWithin(length, GROUND) });
}
