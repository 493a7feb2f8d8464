import { describe, expect, it } from "vitest";
import { type SoakOptions, soak } from "./soak.js";

/** Seeds whose storms bring a planted defect to light; each is found by trying seeds in order; others are driven step by step in defects.test.ts. */
const SHOWN_BY: Readonly<Record<string, readonly [from: number, to: number]>> = {
  "term-not-persisted": [1, 10],
  "truncate-on-stale-append": [1, 40],
  "election-without-up-to-date-check": [1, 20],
  "epoch-reused-after-restart": [1, 10],
  "deposed-leader-goes-on-writing": [1, 60],
  GW10: [1, 40],
  "read-from-cut-off-leader": [1, 100],
};

const FAR_APART = ["a", "b", "c", "client"].map((id) => ({
  id,
  role: "host",
  domain: { provider: id, region: "only" },
}));

async function complaintsOf(seeds: number, options: SoakOptions): Promise<string[]> {
  const complaints: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await soak(seed, options);
    for (const violation of violations) complaints.push(`seed ${seed}: ${violation}`);
  }
  return complaints;
}

describe("a group in a storm", () => {
  it("of three keeps what it promises and comes back after it, disks that lose everything included", async () => {
    const goals = new Set<string>();
    const complaints: string[] = [];
    for (let seed = 1; seed <= 100; seed++) {
      const { violations, cluster } = await soak(seed);
      for (const violation of violations) complaints.push(`seed ${seed}: ${violation}`);
      for (const goal of cluster.world.goals.keys()) goals.add(goal);
    }
    expect(complaints).toEqual([]);
    expect([...goals].toSorted()).toEqual([
      "raft: election",
      "raft: election-under-load",
      "raft: leader-stepped-down",
      "raft: log-repaired",
      "raft: membership-changed",
      "raft: recovered-by-rejoin",
      "raft: recovered-with-changed-members",
      "raft: snapshot-installed",
    ]);
  });

  it("of three providers, with twice the trouble, never takes a crash for damage", async () => {
    expect(await complaintsOf(60, { hosts: FAR_APART, damage: false, faultCount: 25 })).toEqual([]);
  });

  it("of two voters stands still while one is away, and loses nothing", async () => {
    expect(await complaintsOf(40, { roles: ["voter", "voter"], damage: false })).toEqual([]);
  });

  it("of two voters and a witness goes on while one of them is away, and loses nothing", async () => {
    expect(await complaintsOf(40, { roles: ["voter", "voter", "witness"], damage: false })).toEqual([]);
  });

  it("is the same universe for the same seed", async () => {
    const one = await soak(17);
    const two = await soak(17);
    expect(two.cluster.world.scheduler.traceHash).toBe(one.cluster.world.scheduler.traceHash);
  });

  for (const [defect, [from, to]] of Object.entries(SHOWN_BY)) {
    it(`breaks its word under ${defect}`, async () => {
      let found = 0;
      for (let seed = from; seed <= to && found === 0; seed++) {
        const { violations } = await soak(seed, { defects: [defect] });
        found += violations.length;
      }
      expect(found).toBeGreaterThan(0);
    });
  }
});
