/**
 * The order pipeline's drill: where its processes and the engine's servers stand, and what a seed draws: orders as shops send
 * them, and faults of servers, of their links and of the pipeline's own processes, about half of them aimed at leaders.
 *
 * At most one server at a time is in the hands of a fault, but for the one kind that kills all of them at once: a group of three
 * survives one.
 */
import * as fc from "fast-check";
import { type HostSpec, MILLISECOND, type Micros, SECOND } from "seedstorm";
import {
  type DrawnDrill,
  type Drill,
  type DrillFault,
  type DrillOptions,
  logBackend,
  SERVER_ROLE,
} from "seedstorm/live";
import { PIPELINE_DEFAULTS, pipelineKnobs } from "../../model/pipeline/knobs.js";
import { liveDefects } from "../../model/pipeline/live/defects.js";
import { jetstreamBackend } from "../../model/pipeline/live/jetstream-backend.js";
import { RESOURCES } from "../../model/resources/types.js";
import { pipelineSystem } from "./system.js";
import { topologyOf, withRole } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

const ID = "pipeline";

/** Orders and faults keep away from the ends of the drill. */
const FIRST_ORDER: Micros = SECOND;
const FIRST_FAULT: Micros = 2 * SECOND;
const LAST_FAULT: Micros = 2 * SECOND;
/** For each second of a drill there are so many orders, and for each ten so many faults. */
const ORDERS_A_SECOND = 6;
const FAULTS_IN_TEN_SECONDS = 1.6;
const FEWEST_FAULTS = 5;
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

export const pipelineDrill: Drill = {
  id: ID,
  title: "the order pipeline as real processes over a JetStream cluster of three servers",
  system: { ...pipelineSystem, defects: [...pipelineSystem.defects, ...liveDefects] },
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
  return {
    plan: {
      format: 2,
      scenario: ID,
      seed,
      topology: TOPOLOGY,
      knobs: { ...PIPELINE_DEFAULTS, workerConcurrency: 8, ...knobs },
      workload: orders,
      faults: [],
      defects,
      healAt: length,
      duration: length + QUIET,
    },
    faults: control ? [] : faults,
  };
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
  return fc.record({ orders: workload(shape, shops), faults: faultsWithin(length) });
}

function draw<T>(arbitrary: fc.Arbitrary<T>, seed: number): T {
  const [drawn] = fc.sample(arbitrary, { seed: seed | 0, numRuns: 1 });
  if (drawn === undefined) throw new RangeError("nothing was drawn"); // one run draws one
  return drawn;
}

/** What can be done to one server, or to its links. */
type Trouble = (id: string, at: Micros, length: Micros, target: string) => DrillFault;

const others = ["servers"];
const TROUBLES: readonly Trouble[] = [
  (id, at, length, target) => ({ id, kind: "crash", at, for: length, target }),
  (id, at, length, target) => ({ id, kind: "pause", at, for: length, target }),
  (id, at, length, target) => ({
    id,
    kind: "partition",
    at,
    for: length,
    a: [target],
    b: others,
    oneWay: false,
  }),
  (id, at, length, target) => ({
    id,
    kind: "partition",
    at,
    for: length,
    a: [target],
    b: others,
    oneWay: true,
  }),
  (id, at, length, target) => ({ id, kind: "cut", at, for: length, target }),
  (id, at, length, from) => ({ id, kind: "clog", at, for: length, from, to: "servers" }),
  (id, at, length, from) => ({ id, kind: "slow-link", at, for: length, from, to: "servers", factor: 150 }),
];

/** Faults one after the other for the servers, and beside them some of the pipeline's processes. */
function faultsWithin(length: Micros): fc.Arbitrary<DrillFault[]> {
  const count = Math.max(FEWEST_FAULTS, Math.floor((seconds(length) / 10) * FAULTS_IN_TEN_SECONDS));
  const slot = Math.floor((length - FIRST_FAULT - LAST_FAULT) / count);
  const targets = [...SERVERS.map(({ id }) => id), ...AIMED.map((log) => `leader/${log}`), "leader/meta"];
  const hosts = withRole(TOPOLOGY, ...STRUCK_ROLES).map(({ id }) => id);
  const ofServers = fc
    .record({
      // Each kind in turn from a drawn one on, so that no drill has one kind alone.
      first: fc.nat({ max: TROUBLES.length - 1 }),
      slots: fc.array(
        fc.record({
          early: fc.integer({ min: 0, max: 30 }),
          share: fc.integer({ min: 30, max: 65 }),
          target: fc.constantFrom(...targets),
          all: fc.nat({ max: 9 }),
        }),
        { minLength: count, maxLength: count },
      ),
    })
    .map(({ first, slots }) =>
      slots.map(({ early, share, target, all }, i): DrillFault => {
        const at = FIRST_FAULT + i * slot + Math.floor((slot * early) / 100);
        const lasts = Math.floor((slot * share) / 100);
        const id = `f${i + 1}`;
        if (all === 0) return { id, kind: "crash", at, for: Math.min(lasts, SECOND), target: "servers" };
        const trouble = TROUBLES[(first + i * 3) % TROUBLES.length] ?? TROUBLES[0];
        if (trouble === undefined) throw new RangeError("there is no trouble"); // there are seven
        return trouble(id, at, lasts, target);
      }),
    );
  const ofHosts = fc
    .array(
      fc.record({
        at: fc.integer({ min: FIRST_FAULT, max: length - LAST_FAULT - 5 * SECOND }),
        for: fc.integer({ min: 200, max: 4_000 }).map((ms) => ms * MILLISECOND),
        target: fc.constantFrom(...hosts),
        kind: fc.constantFrom("crash" as const, "crash" as const, "pause" as const),
      }),
      { minLength: 1, maxLength: Math.ceil(count / 2) },
    )
    .map((drawn) => drawn.map((fault, i): DrillFault => ({ id: `h${i + 1}`, ...fault })));
  return fc
    .tuple(ofServers, ofHosts)
    .map(([servers, processes]) => [...servers, ...processes].sort((a, b) => a.at - b.at));
}
