/** The whole pipeline on real replication in a small universe, with every property watching. */
import { Checker } from "../../../src/check/checker.js";
import { PIPELINE_DEFAULTS } from "../../../src/model/pipeline/knobs.js";
import { buildPipeline } from "../../../src/model/pipeline/pipeline.js";
import { pipelineProperties } from "../../../src/model/pipeline/properties/index.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { HostSpec, Json, KnobValue, Operation, Plan } from "../../../src/sim/plan.js";
import { type Micros, SECOND, seconds } from "../../../src/sim/time.js";
import { World } from "../../../src/sim/world.js";
import { History, webhook } from "./solo-pipeline.js";

export interface WholeOptions {
  readonly seed?: number;
  readonly orders?: number;
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  /** Operator's actions: when, what, and with which body. */
  readonly operator?: readonly (readonly [at: Micros, action: string, body?: Json])[];
  /** Webhooks beside the orders. */
  readonly webhooks?: readonly (readonly [at: Micros, body: Json])[];
  /** Hosts beside the usual ones. */
  readonly hosts?: readonly HostSpec[];
}

export const spec = (id: string, provider: string, role: string): HostSpec => ({
  id,
  domain: { provider, region: "central" },
  role,
});

const TOPOLOGY: readonly HostSpec[] = [
  spec("replica-aws", "aws", "replica"),
  spec("replica-gcp", "gcp", "replica"),
  spec("replica-azure", "azure", "replica"),
  spec("gateway-aws", "aws", "gateway"),
  spec("gateway-gcp", "gcp", "gateway"),
  spec("worker-aws", "aws", "worker"),
  spec("worker-gcp", "gcp", "worker"),
  spec("keeper-aws", "aws", "maintenance"),
  spec("keeper-gcp", "gcp", "maintenance"),
  spec("shop", "internet", "shop"),
  spec("operator", "internet", "operator"),
  spec("auditor", "internet", "auditor"),
];

/** Orders come from 4 s on, the storm is over at 34 s, the end is at 70 s. */
export function planOf(options: WholeOptions): Plan {
  const workload: Operation[] = [];
  const deliver = (at: Micros, body: Json) =>
    workload.push({ id: `op-${workload.length + 1}`, at, host: "shop", action: "deliver", body });
  for (let n = 1; n <= (options.orders ?? 10); n++) deliver(seconds(4) + n * 400_000, webhook(n));
  for (const [at, body] of options.webhooks ?? []) deliver(at, body);
  for (const [at, action, body = {}] of options.operator ?? []) {
    workload.push({ id: `op-${workload.length + 1}`, at, host: "operator", action, body });
  }
  return {
    format: 2,
    scenario: "test",
    seed: options.seed ?? 1,
    topology: [...TOPOLOGY, ...(options.hosts ?? [])],
    knobs: { ...PIPELINE_DEFAULTS, ...options.knobs },
    workload,
    faults: options.faults ?? [],
    defects: options.defects ?? [],
    healAt: 34 * SECOND,
    duration: 70 * SECOND,
  };
}

export interface Whole extends History {
  /** `id: message` of all that was violated. */
  readonly violations: readonly string[];
}

export async function wholePipeline(options: WholeOptions): Promise<Whole> {
  const plan = planOf(options);
  const world = new World(plan);
  buildPipeline(world, plan);
  const { history } = world;
  const checker = new Checker(pipelineProperties, plan, (id) => {
    const event = history.events[id];
    if (event === undefined) throw new RangeError(`no event ${id}`);
    return event;
  });
  history.on((event) => checker.on(event));
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
  checker.end(world.now);
  const violations = checker.violations.map(({ property, message }) => `${property}: ${message}`);
  return Object.assign(new History(world), { violations });
}
