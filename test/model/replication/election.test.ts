import { describe, expect, it } from "vitest";
import type { HistoryEvent } from "../../../src/sim/history.js";
import { SECOND } from "../../../src/sim/time.js";
import { Cluster } from "./cluster.js";
import { cut } from "./cut.js";
import { Invariants } from "./invariants.js";

const leadersIn = (events: readonly HistoryEvent[]) =>
  events.filter((event) => event.kind === "state" && event.entity === "raft" && event.to === "leader");

describe("an election", () => {
  it("gives a fresh group one leader within two seconds, whom everybody knows", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const cluster = new Cluster({ seed });
      await cluster.run(2 * SECOND);
      const leader = cluster.requireLeader();
      for (const id of cluster.ids) {
        expect(cluster.member(id).leader).toBe(leader.host.id);
        expect(cluster.member(id).term).toBe(leader.term);
      }
    }
  });

  it("replaces a crashed leader in a later term", async () => {
    const cluster = new Cluster({ seed: 3 });
    await cluster.run(3 * SECOND);
    const first = cluster.requireLeader();
    cluster.world.machine(first.host.id).takeDown();
    await cluster.run(10 * SECOND);
    const second = cluster.requireLeader();
    expect(second.host.id).not.toBe(first.host.id);
    expect(second.term).toBeGreaterThan(first.term);
  });

  it("does not happen as long as the leader is heard, even by a follower that was cut off and comes back", async () => {
    const cluster = new Cluster({
      seed: 5,
      faults: [
        {
          id: "cut",
          kind: "partition",
          at: 4 * SECOND,
          for: 15 * SECOND,
          a: ["a"],
          b: ["b", "c"],
          oneWay: false,
        },
      ],
    });
    await cluster.run(3 * SECOND);
    if (cluster.requireLeader().host.id === "a") {
      expect(cluster.requireLeader().transferTo("b")).toBe(true);
      await cluster.run(4 * SECOND - 1);
    }
    const { term, host } = cluster.requireLeader();
    await cluster.run(40 * SECOND);
    expect(cluster.requireLeader().term).toBe(term);
    expect(cluster.requireLeader().host.id).toBe(host.id);
  });

  it("follows when the leader is heard by nobody, and the old leader steps down by itself", async () => {
    const cluster = new Cluster({ seed: 6 });
    await cluster.run(3 * SECOND);
    const old = cluster.requireLeader();
    const others = cluster.ids.filter((id) => id !== old.host.id);
    cut(cluster, [old.host.id], others, false);
    await cluster.run(8 * SECOND);
    expect(old.isLeader).toBe(false);
    expect(others).toContain(cluster.requireLeader().host.id);
  });

  it("follows when the leader can send and not hear", async () => {
    const cluster = new Cluster({ seed: 7 });
    await cluster.run(3 * SECOND);
    const deaf = cluster.requireLeader();
    const others = cluster.ids.filter((id) => id !== deaf.host.id);
    cut(cluster, others, [deaf.host.id], true);
    await cluster.run(12 * SECOND);
    expect(deaf.isLeader).toBe(false);
    expect(others).toContain(cluster.requireLeader().host.id);
  });

  it("follows when the leader can hear and not send", async () => {
    const cluster = new Cluster({ seed: 8 });
    await cluster.run(3 * SECOND);
    const mute = cluster.requireLeader();
    const others = cluster.ids.filter((id) => id !== mute.host.id);
    cut(cluster, [mute.host.id], others, true);
    await cluster.run(12 * SECOND);
    expect(mute.isLeader).toBe(false);
    expect(others).toContain(cluster.requireLeader().host.id);
  });

  it("is won by a member that the leader hands over to, within the time of a few messages", async () => {
    const cluster = new Cluster({ seed: 9 });
    await cluster.run(3 * SECOND);
    const first = cluster.requireLeader();
    const heir = cluster.ids.find((id) => id !== first.host.id) ?? "";
    expect(first.transferTo(heir)).toBe(true);
    await cluster.run(3.1 * SECOND);
    expect(cluster.requireLeader().host.id).toBe(heir);
  });

  it("is never won by a witness, which votes all the same", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const cluster = new Cluster({
        seed,
        group: {
          members: [
            { id: "a", role: "voter", contentGeneration: 1 },
            { id: "b", role: "voter", contentGeneration: 1 },
            { id: "c", role: "witness", contentGeneration: 1 },
          ],
        },
      });
      await cluster.run(3 * SECOND);
      const first = cluster.requireLeader().host.id;
      cluster.world.machine(first).takeDown();
      await cluster.run(15 * SECOND);
      const second = cluster.requireLeader().host.id;
      expect([first, second].toSorted()).toEqual(["a", "b"]);
      expect(cluster.member("c").role).toBe("witness");
    }
  });

  it("needs both of two voters", async () => {
    const cluster = new Cluster({ seed: 2, hosts: ["a", "b"] });
    await cluster.run(3 * SECOND);
    const leader = cluster.requireLeader();
    const other = leader.host.id === "a" ? "b" : "a";
    expect(await cluster.outcome(cluster.add("x"))).toMatchObject({ ok: true });
    cluster.world.machine(leader.host.id).takeDown();
    await cluster.run(30 * SECOND);
    expect(cluster.leader()).toBeUndefined();
    cluster.world.machine(leader.host.id).bringUp();
    await cluster.run(45 * SECOND);
    expect(await cluster.outcome(cluster.add("y"))).toMatchObject({ ok: true, result: 1 });
    expect(cluster.member(other).term).toBeGreaterThan(leader.term);
  });

  it("survives a vote that is lost with its host: the vote was durable before it was told", async () => {
    const cluster = new Cluster({ seed: 4 });
    const invariants = new Invariants(cluster);
    await cluster.run(3 * SECOND);
    for (let i = 0; i < 12; i++) {
      for (const id of cluster.ids) cluster.world.machine(id).crash();
      for (const id of cluster.ids) cluster.world.machine(id).boot();
      await cluster.run(cluster.world.now + 3 * SECOND + i * 100_000);
    }
    expect(invariants.violations).toEqual([]);
    const terms = leadersIn(cluster.world.history.events).map(
      (event) => event.kind === "state" && event.detail.term,
    );
    expect(new Set(terms).size).toBe(terms.length);
  });
});

describe("a group in which nothing happens", () => {
  it("costs next to nothing: five groups on three hosts take at most 25 events a second", async () => {
    const groups = ["one", "two", "three", "four", "five"];
    const provider = (id: string) => ({ id, role: "host", domain: { provider: id, region: "r" } });
    const cluster = new Cluster({
      seed: 1,
      groups,
      duration: 100 * SECOND,
      hosts: ["a", "b", "c"].map(provider),
    });
    await cluster.run(10 * SECOND);
    const before = cluster.world.scheduler.events;
    const facts = cluster.world.history.events.length;
    await cluster.run(70 * SECOND);
    expect((cluster.world.scheduler.events - before) / 60).toBeLessThanOrEqual(25);
    expect(cluster.world.history.events.length).toBe(facts);
  });
});
