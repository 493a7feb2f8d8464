import { describe, expect, it } from "vitest";
import type { Violation } from "../../src/check/property.js";
import { findScenario, run } from "../../src/scenarios/index.js";

/** Where each property of the pipeline is put to the test: a flaw, and a scenario in which it shows. */
const FLAWS: readonly (readonly [
  property: string,
  scenario: string,
  /** Planted defects; none where the scenario itself is the flaw. */
  defects: readonly string[],
  message: RegExp,
])[] = [
  [
    "accepted-orders-stay-readable",
    "fast-path",
    [],
    /^delivery-\d+ was accepted at offset \d+ at \d+\.\d{3} s, but .+\.$/,
  ],
  [
    "one-record-per-key",
    "duplicate-webhooks",
    ["GW5"],
    /^delivery-\d+ was accepted with one payload .+ refused as a conflict\.$/,
  ],
  [
    "no-answer-before-commit",
    "steady",
    ["dedupe-without-stored-message"],
    /^delivery-\d+ was completed .+ before any record of it/,
  ],
  [
    "replicas-hold-the-same-records",
    "split-brain",
    ["election-without-up-to-date-check"],
    /^Offset \d+ (is|was) .+\.$/,
  ],
  [
    "placement-is-respected",
    "placement-denied",
    ["placement-checked-at-group-creation-only"],
    /^Offset \d+ was handed to .+ allows only aws\.$/,
  ],
  [
    "every-record-is-acked",
    "worker-crashes",
    ["delivery-never-expires"],
    /^[\w-]+ was committed at offset \d+ .+ never acked it/,
  ],
  [
    "no-ack-before-effect",
    "steady",
    ["ack-before-effect"],
    /^The ack that was asked for of offset \d+ .+ before any effect/,
  ],
  [
    "no-double-effect",
    "worker-crashes",
    ["GW3"],
    /^order-\d+ was charged twice: at .+ and at .+, for tokens .+ and .+\.$/,
  ],
  [
    "cursor-is-the-acked-prefix",
    "steady",
    ["cursor-skips"],
    /^The cursor of checkout-workers was set to \d+ .+ which was never acked\.$/,
  ],
  [
    "checkpoints-are-sound",
    "steady",
    ["GW7"],
    /^Checkpoint orders was set to version 1 .+ held by 1 provider .+ quorum\.$/,
  ],
  [
    "leases-are-fenced",
    "lease-contention",
    ["release-without-owner-check"],
    /^Lease maintenance was released by .+ held it/,
  ],
  [
    "observations-are-signed",
    "storm",
    ["unsigned-observation-accepted"],
    /^Observation \d+ of .+ never made it\.$/,
  ],
  ["provider-loss-is-survived", "two-voters", [], /^aws was lost from .+ was accepted after .+\.$/],
];

const SEEDS = 40;

/** The first violation of a property over some seeds. */
async function firstViolation(
  id: string,
  property: string,
  defects: readonly string[],
): Promise<Violation | undefined> {
  const scenario = findScenario(id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await run(scenario.plan(seed, { defects }));
    const found = violations.find((violation) => violation.property === property);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("a planted flaw", () => {
  it.each(FLAWS)(
    "makes %s fire in %s, and the evidence is told in a sentence",
    async (property, id, defects, message) => {
      const violation = await firstViolation(id, property, defects);
      expect(violation?.message).toMatch(message);
      expect(violation?.evidence.length).toBeGreaterThan(0);
    },
  );

  it.each(FLAWS.filter(([, , defects]) => defects.length > 0))(
    "is what made %s fire: %s holds without it",
    async (property, id) => {
      expect(await firstViolation(id, property, [])).toBeUndefined();
    },
  );
});
