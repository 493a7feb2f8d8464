/**
 * Tenants in four ranges, which a placement bucket gives to two shards of nodes, and moves from one to the other while work
 * goes on. Whoever watches hears of it in order; no tenant is served by nobody for long, and none gets what is another's.
 */
import { faultsOf, fc, MILLISECOND, type Operation, seconds, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { BROKER_GROUND, NODE_GROUND, runnerScenario } from "./define.js";
import { OPERATOR } from "./topology.js";

const RANGES = 4;
const SHARDS = ["east", "west"] as const;
const BUCKET = "TENANT_PLACEMENT";

const place = (id: string, at: number, range: number, shard: string): Operation => ({
  id,
  at,
  host: OPERATOR,
  action: "place",
  body: { bucket: BUCKET, range, shard },
});

const placements: fc.Arbitrary<readonly Operation[]> = fc
  .array(
    fc.record({ at: seconds(4, 24), range: fc.nat({ max: RANGES - 1 }), shard: fc.constantFrom(...SHARDS) }),
    {
      minLength: 2,
      maxLength: 8,
    },
  )
  .map((moves) => [
    ...Array.from({ length: RANGES }, (_, range) =>
      place(`place-${range}`, (1_000 + 50 * range) * MILLISECOND, range, SHARDS[range % 2] ?? "east"),
    ),
    ...moves.map(({ at, range, shard }, i) => place(`move-${i + 1}`, at, range, shard)),
  ]);

export const sharding = runnerScenario({
  id: "runner-sharding",
  title: "ranges of tenants that move between shards",
  shows:
    "An operator places ranges of tenants in two shards and moves them while orders come, brokers change their leader and nodes crash. Each node follows the last " +
    "placement, and tenants stay apart.",
  workload: { operator: placements, orders: { min: 8, max: 14 } },
  knobs: {
    buggify: true,
    "environment/*": `RUNNER_SPREAD_RANGES=${RANGES}\nRUNNER_SPREAD_LANES=1\nRUNNER_EFFECTS_CONCURRENCY=1`,
    "environment/runner-1": "RUNNER_SHARD=east",
    "environment/runner-2": "RUNNER_SHARD=west",
    "environment/runner-3": "RUNNER_SHARD=west",
  },
  storm: together(
    faultsOf(["crash", "pause"], NODE_GROUND, { min: 0, max: 2 }),
    faultsOf(["crash", "partition", "reorder"], BROKER_GROUND, { min: 0, max: 2 }),
  ),
  mustFire: ["crash", "pause", "partition", "reorder"],
  goals: [GOALS.rangeMoved],
});
