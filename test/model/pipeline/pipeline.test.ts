import { describe, expect, it } from "vitest";
import { pipelineDefects } from "../../../src/model/pipeline/defects.js";
import { GOALS } from "../../../src/model/pipeline/goals.js";
import { type PipelineKnobs, pipelineKnobs } from "../../../src/model/pipeline/knobs.js";
import { replicaSet } from "../../../src/model/pipeline/roles.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { SECOND, seconds } from "../../../src/sim/time.js";
import { webhook } from "./solo-pipeline.js";
import { planOf, spec, type WholeOptions, wholePipeline } from "./whole-pipeline.js";

describe("the whole pipeline", () => {
  it("accepts every order, charges it once and acks it, within a few thousand events", async () => {
    const whole = await wholePipeline({ orders: 30 });
    expect(whole.violations).toEqual([]);
    expect(whole.captures()).toHaveLength(30);
    expect(whole.reached(GOALS.checkpointRestored)).toBe(true);
    expect(whole.world.scheduler.events).toBeLessThan(9_000);
  });

  it("is the same universe for the same seed", async () => {
    const [first, second, other] = [
      await wholePipeline({ seed: 5 }),
      await wholePipeline({ seed: 5 }),
      await wholePipeline({ seed: 6 }),
    ];
    expect(second.world.scheduler.traceHash).toBe(first.world.scheduler.traceHash);
    expect(other.world.scheduler.traceHash).not.toBe(first.world.scheduler.traceHash);
  });

  it("goes on without a whole provider, and tells of it", async () => {
    const faults: Fault[] = [
      { id: "loss", kind: "domain-loss", target: "provider/aws", at: 5 * SECOND, for: 25 * SECOND },
    ];
    const whole = await wholePipeline({ faults });
    expect(whole.violations).toEqual([]);
    expect(whole.captures()).toHaveLength(10);
    expect(whole.writes("event/").map(({ value }) => value)).toContainEqual(
      expect.objectContaining({ domain: "aws", health: "lost" }),
    );
  });

  it("survives forged, replayed and wrongly authorised requests, and refuses each", async () => {
    const whole = await wholePipeline({
      operator: [
        [seconds(12), "forge-observation", { domain: "gcp", signer: "replica-aws", health: "lost" }],
        [seconds(14), "replay-observation", { domain: "gcp", signer: "replica-aws" }],
        [seconds(16), "save-under-wrong-policy"],
      ],
    });
    expect(whole.violations).toEqual([]);
    const reasons = whole.of("refusal").flatMap(({ host, reason }) => (host === "operator" ? [reason] : []));
    expect(reasons).toEqual(["bad-signature", "stale-observation", "wrong-policy-hash"]);
  });

  it("restores a checkpoint from another provider when one gives back damaged content", async () => {
    const whole = await wholePipeline({ operator: [[seconds(33), "rot-objects", { provider: "aws" }]] });
    expect(whole.violations).toEqual([]);
    expect(whole.reached(GOALS.checkpointFromCopy)).toBe(true);
  });

  it("makes a dead letter of poison and takes it up again on an operator's word", async () => {
    const whole = await wholePipeline({
      webhooks: [[seconds(4), webhook(99, { currency: "XXX" })]],
      knobs: { maxDeliver: 3 },
      operator: [[seconds(20), "redrive"]],
    });
    expect(whole.violations).toEqual([]);
    expect(whole.writes("dead/").map(({ value }) => value)).toEqual([
      ...Array.from({ length: 3 }, () => ({ count: 3 })),
      ...Array.from({ length: 3 }, () => null),
      ...Array.from({ length: 3 }, () => ({ count: 6 })),
    ]);
  });

  it("drains hosts without losing anything", async () => {
    const whole = await wholePipeline({
      operator: [
        [seconds(5), "drain", { host: "gateway-aws", for: seconds(4) }],
        [seconds(5), "drain", { host: "worker-gcp", for: seconds(4) }],
      ],
    });
    expect(whole.violations).toEqual([]);
    expect(whole.captures()).toHaveLength(10);
    expect(whole.reached(GOALS.drained)).toBe(true);
  });

  it("goes on while one replica host takes another's place", async () => {
    const whole = await wholePipeline({
      orders: 40,
      hosts: [spec("replica-new", "aws", "replica-spare")],
      operator: [[seconds(6), "replace-replica", { out: "replica-aws", in: "replica-new" }]],
    });
    expect(whole.violations).toEqual([]);
    expect(whole.captures()).toHaveLength(40);
    const done = whole.of("operator").find(({ operation }) => operation === "replace-replica done");
    expect(done?.detail.groups).toHaveLength(5);
    const applied = whole.of("durable").some(({ store, at }) => store === "orders@replica-new" && at > 0);
    expect(applied).toBe(true);
  });

  it("goes back to an older checkpoint only on an operator's word", async () => {
    const whole = await wholePipeline({ operator: [[seconds(20), "checkpoint-reset"]] });
    expect(whole.violations).toEqual([]);
    expect(whole.of("operator").map(({ operation }) => operation)).toEqual(["checkpoint-reset"]);
  });
});

const poison = { webhooks: [[seconds(4), webhook(99, { currency: "XXX" })]] } as const;
const pauses: Fault[] = ["keeper-aws", "keeper-gcp"].map((target, i) => ({
  id: target,
  kind: "pause",
  target,
  at: seconds(8 + i * 13),
  for: seconds(9),
}));
const restless = { knobs: { maintenanceInterval: seconds(1) }, faults: pauses };

/** What each defect needs to show, and how many universes it may take. */
const revealed: Readonly<Record<string, WholeOptions & { readonly seeds?: number }>> = {
  "checkpoint-regression": { knobs: { maintenanceInterval: seconds(2) } },
  "cas-on-stale-version": { knobs: { maintenanceInterval: seconds(2) } },
  "hash-not-verified": { operator: [[seconds(33), "rot-objects", { provider: "aws" }]] },
  "poison-loops-for-ever": { ...poison, knobs: { maxDeliver: 3 } },
  "unsigned-observation-accepted": { operator: [[seconds(12), "forge-observation", { domain: "gcp" }]] },
  "replayed-observation-accepted": { operator: [[seconds(12), "replay-observation", { domain: "gcp" }]] },
  GW4: { ...restless, seeds: 20 },
  GW9: { ...restless, seeds: 20 },
};

describe("a planted defect", () => {
  it.each(Object.keys(revealed))(
    "%s is caught where it shows, and its cause shows nothing without it",
    async (id) => {
      const { seeds = 1, ...options } = revealed[id] ?? {};
      const caughtBy = pipelineDefects.find((defect) => defect.id === id)?.caughtBy ?? [];
      let isCaught = false;
      for (let seed = 1; seed <= seeds && !isCaught; seed++) {
        expect((await wholePipeline({ ...options, seed })).violations).toEqual([]);
        const { violations } = await wholePipeline({ ...options, seed, defects: [id] });
        isCaught = violations.some((violation) =>
          caughtBy.includes(violation.slice(0, violation.indexOf(":"))),
        );
      }
      expect(isCaught).toBe(true);
    },
  );

  it("has an id of its own, a sentence, and somebody who must catch it", () => {
    expect(new Set(pipelineDefects.map(({ id }) => id)).size).toBe(pipelineDefects.length);
    for (const { breaks, caughtBy } of pipelineDefects) {
      expect(breaks).toMatch(/^[A-Z].*\.$/);
      expect(caughtBy.length).toBeGreaterThan(0);
    }
  });
});

describe("settings", () => {
  it("come from the plan's knobs over the defaults; an unknown one, a wrong type and an absurd value are named", () => {
    expect(pipelineKnobs({ maxDeliver: 7, buggify: true })).toMatchObject({
      maxDeliver: 7,
    } satisfies Partial<PipelineKnobs>);
    expect(() => pipelineKnobs({ maxDelivery: 7 })).toThrow(
      "knobs.maxDelivery: no such knob; knobs are visibility,",
    );
    expect(() => pipelineKnobs({ workerConcurrency: 1e9 })).toThrow(
      "knobs.workerConcurrency: expected a whole number from 1 to 256, got 1000000000",
    );
    expect(() => pipelineKnobs({ pollWait: 0 })).toThrow(
      "knobs.pollWait: expected a whole number from 10000",
    );
    expect(() => pipelineKnobs({ acknowledgement: "hope" })).toThrow(
      'knobs.acknowledgement: expected one of quorum, local-fast-path, got "hope"',
    );
    expect(() => pipelineKnobs({ maxDeliver: "seven" })).toThrow(
      'knobs.maxDeliver: expected a number, got "seven"',
    );
    expect(() => pipelineKnobs({ "raft.snapshotEvery": "often" })).toThrow(
      'knobs.raft.snapshotEvery: expected a number, got "often"',
    );
    expect(() => pipelineKnobs({ buggify: "yes" })).toThrow('knobs.buggify: expected a boolean, got "yes"');
  });

  it("say where the replicas stand", () => {
    const { replicas } = replicaSet(planOf({ hosts: [spec("w", "oracle", "replica-witness")] }));
    expect(replicas.map(({ replicaId, role }) => [replicaId, role])).toEqual([
      ["replica-aws", "voter"],
      ["replica-gcp", "voter"],
      ["replica-azure", "voter"],
      ["w", "witness"],
    ]);
  });
});
