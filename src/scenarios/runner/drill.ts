/**
 * The runner's drill: two nodes that share durable consumers, with their store, the gateway and their customers as real processes
 * over a cluster of three servers, and what a seed draws: orders, poison, an operator who asks nodes how they are, drains them and starts
 * them again, and replays, and faults of servers, links and processes. Each node is killed at least once.
 */
import { fc, type HostSpec, MILLISECOND, type Micros, type Operation, SECOND } from "seedstorm";
import { type DrawnDrill, type Drill, type DrillFault, type DrillOptions, SERVER_ROLE } from "seedstorm/live";
import { stateMachineSafety } from "../../model/replication/properties/machine.js";
import { FULFILMENT } from "../../model/runner/business/fulfilment.js";
import { environmentOf, filesOf, RUNNER_DEFAULTS, runnerKnobs } from "../../model/runner/knobs.js";
import { runnerBackend } from "../../model/runner/live/backend.js";
import { loadSettings } from "../../model/runner/settings.js";
import { STREAMS } from "../../model/runner/subjects.js";
import { type DrillGround, draw, drawnDrill, faultsWithin } from "../drill-faults.js";
import { runnerSystem } from "./system.js";
import { CLIENTS, OPERATOR, PRODUCER, RUNNER_TOPOLOGY } from "./topology.js";
import { ask, type WorkloadShape, workload } from "./workload.js";

const ID = "runner";

const NODES = ["runner-1", "runner-2"] as const;
const SERVERS = ["nats-1", "nats-2", "nats-3"] as const;
const STRUCK = ["store", "gateway", ...NODES];

/** Nobody stands beside one server alone: processes go to whichever they reach. */
const TOPOLOGY: readonly HostSpec[] = [
  ...SERVERS.map((id): HostSpec => ({ id, domain: { provider: id, region: "here" }, role: SERVER_ROLE })),
  ...RUNNER_TOPOLOGY.filter(({ id }) => [...STRUCK, ...CLIENTS, PRODUCER, OPERATOR].includes(id)),
];

/** Streams whose leaders are worth aiming at: all. */
const LOGS = Object.values(STREAMS);
const GROUND: DrillGround = { servers: SERVERS, aimed: LOGS, hosts: STRUCK };

/** Stock comes first; orders keep away from the end of the drill. */
const FIRST_ORDER: Micros = 2 * SECOND;
const LAST_ORDER: Micros = SECOND;
/** For each ten seconds of a drill. */
const ORDERS_IN_TEN_SECONDS = 6;
/** As long as the simulation gives liveness. */
const QUIET: Micros = 30 * SECOND;

export const runnerDrill: Drill = {
  id: ID,
  title:
    "two runner nodes, their store and their gateway as real processes over a JetStream cluster of three servers",
  // what each server holds of a stream is read back in the end, and must be the same
  system: { ...runnerSystem, properties: [...runnerSystem.properties, stateMachineSafety] },
  backends: [runnerBackend],
  logs: LOGS,
  underFaults: ["store", "gateway", "runner"],
  afterHealing: [],
  quiet: QUIET,
  plan,
};

function plan(seed: number, { length, control, defects, knobs }: DrillOptions): DrawnDrill {
  runnerKnobs(knobs); // what nobody knows is refused before anything begins
  const { operations, faults } = draw(drillOf(length, control, knobs), seed);
  const drawn = {
    scenario: ID,
    seed,
    topology: TOPOLOGY,
    knobs: { ...RUNNER_DEFAULTS, ...knobs },
    workload: operations,
    defects,
  };
  return drawnDrill(drawn, control ? [] : faults, length, QUIET);
}

function drillOf(length: Micros, control: boolean, knobs: DrillOptions["knobs"]) {
  const orders = Math.max(3, Math.floor((length / SECOND / 10) * ORDERS_IN_TEN_SECONDS));
  const shape: WorkloadShape = {
    orders: { min: orders, max: orders },
    doomed: 20,
    cancelled: 10,
    poison: { min: 1, max: 3 },
    from: FIRST_ORDER,
    to: length - LAST_ORDER,
    spread: loadSettings(filesOf(knobs), environmentOf(knobs, "*")).spread,
    operator: fc
      .tuple(questions(length), control ? fc.constant([]) : rollout(length))
      .map(([asked, rolled]) => [...asked, ...rolled]),
  };
  return fc
    .record({ operations: workload(shape), faults: faultsWithin(length, GROUND), kills: kills(length) })
    .map(({ operations, faults, kills }) => ({
      operations,
      faults: [...faults, ...kills].sort((a, b) => a.at - b.at),
    }));
}

/** How nodes are, once in the midst of it; and a replay of what one tenant's saga has seen. */
function questions(length: Micros): fc.Arbitrary<readonly Operation[]> {
  return fc.integer({ min: Math.floor(length / 3), max: length - 3 * SECOND }).map((at) => [
    ...NODES.flatMap((node, n) =>
      (["/health", "/info", "/logs"] as const).map((path, p) =>
        ask(`ask-${n + 1}-${p + 1}`, at + (100 * n + 20 * p) * MILLISECOND, node, path),
      ),
    ),
    {
      ...{ id: "replay-1", at: length - 2 * SECOND, host: OPERATOR, action: "replay" },
      body: {
        ...{ node: NODES[0], tenant: "acme", saga: FULFILMENT, stream: "events", after: 0, all: true },
        intent: "orders that were held up",
      },
    },
  ]);
}

/** Each node is drained and started again, at any time; whether it is ready is asked on the way. */
function rollout(length: Micros): fc.Arbitrary<readonly Operation[]> {
  return fc
    .array(
      fc.record({
        at: fc.integer({ min: 3 * SECOND, max: length - 4 * SECOND }),
        down: fc.integer({ min: 500, max: 4_000 }),
      }),
      { minLength: NODES.length, maxLength: NODES.length },
    )
    .map((drawn) =>
      drawn.flatMap(({ at, down }, i) => {
        const node = NODES[i % NODES.length] ?? NODES[0];
        return [
          ask(`roll-${i + 1}-drain`, at, node, "/admin/drain"),
          ask(`roll-${i + 1}-ready`, at + 200 * MILLISECOND, node, "/ready"),
          ask(`roll-${i + 1}-metrics`, at + 300 * MILLISECOND, node, "/metrics"),
          ask(`roll-${i + 1}-start`, at + down * MILLISECOND, node, "/admin/start"),
        ];
      }),
    );
}

/** Each node is killed and started again. */
function kills(length: Micros): fc.Arbitrary<DrillFault[]> {
  return fc
    .array(
      fc.record({
        at: fc.integer({ min: 2 * SECOND, max: length - 5 * SECOND }),
        for: fc.integer({ min: 200, max: 3_000 }).map((n) => n * MILLISECOND),
      }),
      { minLength: NODES.length, maxLength: NODES.length },
    )
    .map((drawn) =>
      drawn.map((times, i): DrillFault => {
        const target = NODES[i % NODES.length] ?? NODES[0];
        return { id: `k${i + 1}`, kind: "crash", ...times, target };
      }),
    );
}
