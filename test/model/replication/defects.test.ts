/**
 * Planted defects that a storm rarely brings to light: each is driven step by step to where its protection stands. Beside
 * it the sound system, in the same situation, keeps its word.
 */
import { describe, expect, it } from "vitest";
import { SECOND } from "../../../src/sim/time.js";
import { Cluster, type LedgerMember } from "./cluster.js";
import { cut } from "./cut.js";
import { Invariants } from "./invariants.js";

/** A little time, in steps so small that nothing is missed, until something holds. */
async function until(cluster: Cluster, holds: () => boolean, within = 5 * SECOND): Promise<void> {
  const end = cluster.world.now + within;
  while (!holds() && cluster.world.now < end) await cluster.run(cluster.world.now + 50);
  expect(holds()).toBe(true);
}

/** Has a member stand for election now, whatever others think of that. */
function stand(member: LedgerMember): void {
  member.onTakeOver({ group: member.group, term: member.term });
}

async function begin(defects: string[], always: string[] = []) {
  const cluster = new Cluster({ seed: 11, defects, always });
  const invariants = new Invariants(cluster);
  await cluster.run(3 * SECOND);
  const first = cluster.requireLeader();
  const [second, third] = cluster.ids
    .filter((id) => id !== first.host.id)
    .map((id) => cluster.member(id)) as [LedgerMember, LedgerMember]; // three hosts
  return { cluster, invariants, first, second, third };
}

const idOf = (member: LedgerMember) => member.host.id;

describe("a vote", () => {
  const twoCandidates = async (defects: string[]): Promise<readonly string[]> => {
    const { cluster, invariants, first, second, third } = await begin(defects);
    const [candidate, voter, rival] = [second, first, third].map(idOf) as [string, string, string];
    cut(cluster, [candidate], [rival], false);
    stand(cluster.member(candidate));
    await until(cluster, () => cluster.member(candidate).isLeader);
    cut(cluster, [candidate], [voter], false);
    cluster.world.machine(voter).crash();
    cluster.world.machine(voter).boot();
    await cluster.run(cluster.world.now + SECOND / 10);
    // The rival has not heard of that term, and stands in it as well.
    expect(cluster.member(rival).term).toBe(cluster.member(candidate).term - 1);
    stand(cluster.member(rival));
    await cluster.run(cluster.world.now + SECOND / 2);
    return invariants.violations;
  };

  it("is not given twice in a term, not even by a host that was restarted in between", async () => {
    expect(await twoCandidates([])).toEqual([]);
  });

  it("is given twice when it is not persisted", async () => {
    expect(await twoCandidates(["vote-not-persisted"])).not.toEqual([]);
  });
});

describe("an entry of an older term", () => {
  /** The figure 8 of the Raft paper. */
  const figureEight = async (defects: string[]): Promise<readonly string[]> => {
    const { cluster, invariants, first, second, third } = await begin(defects, ["raft/small-batches"]);
    const index = first.log.lastIndex + 1;
    const heal = cut(cluster, [idOf(first)], [idOf(second), idOf(third)], false);
    void first.propose({ type: "add", item: "old" }, undefined);
    await until(cluster, () => first.storage.stableIndex === index);
    stand(second);
    await until(cluster, () => second.isLeader);
    // The second leader has its votes; its first entry goes nowhere.
    const healSecond = cut(cluster, [idOf(second)], [idOf(first), idOf(third)], false);
    await until(cluster, () => second.storage.stableIndex === index);
    heal();
    // The first leader comes back with the third one's vote, and sends it what it had.
    await until(cluster, () => !first.isLeader);
    stand(first);
    await until(cluster, () => first.isLeader && third.log.lastIndex === index);
    const healFirst = cut(cluster, [idOf(first)], [idOf(third)], true);
    await cluster.run(cluster.world.now + SECOND / 20);
    cut(cluster, [idOf(first)], [idOf(second)], false);
    healSecond();
    await cluster.run(cluster.world.now + SECOND / 20);
    stand(second);
    await cluster.run(cluster.world.now + 8 * SECOND);
    healFirst();
    return invariants.violations;
  };

  it("is committed by one of the leader's own term only", async () => {
    expect(await figureEight([])).toEqual([]);
  });

  it("is lost when it was committed by counting", async () => {
    expect(await figureEight(["commit-older-term-by-counting"])).not.toEqual([]);
  });
});
