/**
 * A program is deployed that fails on some orders, whose events go to quarantine. An operator loads a better one, and replays
 * the saga of each tenant from a checkpoint: what was held up is processed, what was processed is skipped. Replays that are
 * not meant are refused.
 */
import { faultsOf, fc, MILLISECOND, type Operation, seconds } from "seedstorm";
import { DEFAULT_FILES, programsFile } from "../../model/runner/business/files.js";
import { FULFILMENT } from "../../model/runner/business/fulfilment.js";
import { GOALS } from "../../model/runner/goals.js";
import { NODE_GROUND, runnerScenario } from "./define.js";
import { NODES, OPERATOR } from "./topology.js";
import { ask } from "./workload.js";

const TENANTS = ["acme", "beta", "acme:fulfilment", ""] as const;

const repairs: fc.Arbitrary<readonly Operation[]> = fc
  .record({ at: seconds(12, 16), node: fc.constantFrom(...NODES) })
  .map(({ at, node }) => {
    const better = { ...DEFAULT_FILES, "programs.json": programsFile("none") };
    const worse = { ...DEFAULT_FILES, "programs.json": JSON.stringify({ programs: [] }) };
    const replay = (id: string, after: number, body: object): Operation => ({
      id,
      at: at + 3_000 * MILLISECOND + after,
      host: OPERATOR,
      action: "replay",
      body: { node, saga: FULFILMENT, stream: "events", after: 0, ...body },
    });
    return [
      ...NODES.map((each, i) =>
        ask(`worse-${i + 1}`, at - 1_000 * MILLISECOND, each, "/admin/reload", worse),
      ),
      // a node that was down when it was asked is asked again
      ...NODES.flatMap((each, i) =>
        [0, 1, 2].map((n) =>
          ask(`better-${i + 1}-${n + 1}`, at + n * 900 * MILLISECOND, each, "/admin/reload", better),
        ),
      ),
      replay("accident", 0, { tenant: "acme", intent: " " }),
      replay("no-saga", 0, {
        tenant: "acme",
        saga: "fulfillment",
        intent: "orders held up by programs of yesterday",
      }),
      ...TENANTS.flatMap((tenant, i) =>
        [0, 1].map((n) =>
          replay(`replay-${i + 1}-${n + 1}`, (300 + 400 * i + 9_000 * n) * MILLISECOND, {
            tenant,
            all: true,
            intent: "orders held up by programs of yesterday",
          }),
        ),
      ),
    ];
  });

export const replay = runnerScenario({
  id: "runner-replay",
  title: "an operator fixes a program and replays what it held up",
  shows:
    "Events that a program failed on wait in quarantine. After a reload of programs a replay from a checkpoint processes them, and nothing a second time; manifests that " +
    "are no good, and replays without intent, are refused.",
  workload: { operator: repairs, gifts: true, orders: { min: 6, max: 12 }, to: 14_000_000 },
  knobs: { "file/programs.json": programsFile("first") },
  storm: faultsOf(["pause", "slow-link"], { ...NODE_GROUND, healAt: 12_000_000 }, { min: 0, max: 2 }),
  mustFire: ["pause", "slow-link"],
  goals: [
    GOALS.programFailed,
    GOALS.quarantined,
    GOALS.reloaded,
    GOALS.reloadRefused,
    GOALS.replayed,
    GOALS.replayRefused,
    GOALS.duplicateSkipped,
  ],
});
