/** Results of planted defects, made up: one that every block caught, one that two did not, one that none did. */
import type { Alarm, BlockResult } from "../../src/explore/defects/defect-block.js";
import type { DefectResult } from "../../src/explore/defects/defects.js";
import type { ShrinkTrace } from "../../src/explore/shrink/shrink.js";
import type { KillReport } from "../../src/report/kill-table.js";
import type { Defect } from "../../src/storm/defect.js";
import { small } from "./small-scenario.js";

export const alarm = (property: string, run: number): Alarm => ({
  property,
  run,
  scenario: "small",
  seed: 40 + run,
  message: "order o3 was paid twice",
});

/** Without a catch the block has used up its budget of 50 runs. */
export function block(n: number, caught: Alarm | undefined, rest: Partial<BlockResult> = {}): BlockResult {
  const runs = caught?.run ?? 50;
  const end = caught === undefined ? "budget" : "caught";
  return { block: n, seed: n, runs, ms: runs * 200, caught, before: undefined, asked: 9, end, ...rest };
}

const shrinkTrace: ShrinkTrace = {
  from: { faults: 9, operations: 20, hosts: 5 },
  to: { faults: 2, operations: 1, hosts: 5 },
  runs: 77,
  ms: 1234.5,
  steps: [],
  end: "smallest",
};

export function result(
  id: string,
  blocks: readonly BlockResult[],
  rest: Partial<DefectResult> = {},
): DefectResult {
  const defect = { id, breaks: "Orders are paid | twice.", caughtBy: ["T1"] };
  const planting = { system: small.system, defect, scenarios: [small] };
  return { planting, budget: 50, blocks, shrinkTrace: undefined, interrupted: false, ...rest };
}

export function killReport(results: readonly DefectResult[], rest: Partial<KillReport> = {}): KillReport {
  return {
    settings: { blocks: 3, budget: 50, seed: 1 },
    results,
    controls: [],
    planned: results.length,
    interrupted: false,
    wallTimeMs: 61_500,
    notes: [],
    command: "npx seedstorm defects --blocks 3",
    ...rest,
  };
}

export const quick = result(
  "pay-twice",
  [1, 2, 3].map((n) => block(n, alarm("T1", n))),
  { shrinkTrace },
);
export const slow = result("a-defect-with-a-name-that-is-longer-than-any-column", [
  block(1, alarm("T1", 30), { before: alarm("T2", 4) }),
  block(2, undefined),
  block(3, undefined),
]);
export const unknown = result(
  "rust",
  [1, 2, 3].map((n) => block(n, undefined, { asked: 0 })),
);

/** The same result, of a defect of which it is known where it comes from. */
export function described(of: DefectResult, more: Partial<Defect> = {}): DefectResult {
  const incident = {
    what: "A <cart> | was paid [twice]",
    by: "The Shop, post-mortem",
    year: 2019,
    url: "https://shop.example/why?(twice)",
  };
  const defect: Defect = { ...of.planting.defect, origin: "weakness", incident, ...more };
  return { ...of, planting: { ...of.planting, defect } };
}
