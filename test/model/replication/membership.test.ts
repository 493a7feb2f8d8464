import { describe, expect, it } from "vitest";
import { quorumOf } from "../../../src/model/replication/membership.js";
import { SECOND } from "../../../src/sim/time.js";
import { Cluster, type ClusterOptions, type Ledger } from "./cluster.js";
import { cut } from "./cut.js";
import { Invariants } from "./invariants.js";

const itemsOf = (cluster: Cluster, id: string) => (cluster.member(id).machine as Ledger).items;

const voters = (...ids: string[]) => ids.map((id) => ({ id, role: "voter" as const, contentGeneration: 1 }));

async function led(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new Cluster({ duration: 200 * SECOND, ...options });
  await cluster.run(3 * SECOND);
  cluster.requireLeader();
  return cluster;
}

const rolesOf = (cluster: Cluster) =>
  Object.fromEntries(cluster.requireLeader().configuration.members.map(({ id, role }) => [id, role]));

const generationsIn = (cluster: Cluster) =>
  cluster.world.history.events.flatMap((event) =>
    event.kind === "state" && event.entity === "membership" ? [`${event.from}→${event.to}`] : [],
  );

describe("a member whose disk was wiped", () => {
  it("takes no part until it was taken out and in again, and ends as a voter with everything", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const cluster = await led({ seed, group: { snapshotEvery: 10 } });
      const invariants = new Invariants(cluster);
      for (let i = 0; i < 40; i++) await cluster.outcome(cluster.add(`item-${i}`));
      const victim = ["a", "b", "c"][seed % 3] ?? "a";
      wipe(cluster, victim);
      await cluster.run(cluster.world.now + 15 * SECOND);
      expect(rolesOf(cluster)).toEqual({ a: "voter", b: "voter", c: "voter" });
      expect(cluster.member(victim).storage.contentGeneration).toBe(2);
      expect(itemsOf(cluster, victim)).toHaveLength(40);
      expect(generationsIn(cluster)).toEqual(["1→2", "2→3"]);
      expect(invariants.violations).toEqual([]);
      expect(cluster.world.goals.has("raft: recovered-by-rejoin")).toBe(true);
    }
  });

  it("keeps its office when it applies its past anew, in which it once had no vote", async () => {
    let ledByVictim = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const cluster = await led({ seed });
      const victim = ["a", "b", "c"][seed % 3] ?? "a";
      wipe(cluster, victim);
      await cluster.run(cluster.world.now + 15 * SECOND);
      for (const id of cluster.ids) cluster.world.machine(id).takeDown();
      for (const id of cluster.ids) cluster.world.machine(id).bringUp();
      const from = cluster.world.history.events.length;
      await cluster.run(cluster.world.now + 10 * SECOND);
      const roles = cluster.world.history.events
        .slice(from)
        .flatMap((event) => (event.kind === "state" && event.entity === "raft" ? [event] : []));
      expect(roles.filter((event) => event.from === "leader")).toEqual([]);
      if (roles.some((event) => event.to === "leader" && event.host === victim)) ledByVictim++;
    }
    expect(ledByVictim).toBeGreaterThan(0);
  });

  it("counts in no quorum before: with one more host down nothing is accepted, and nothing is lost", async () => {
    const cluster = await led({ seed: 2 });
    await cluster.outcome(cluster.add("x"));
    const leader = cluster.requireLeader().host.id;
    const [first = "", second = ""] = cluster.ids.filter((id) => id !== leader);
    cluster.world.machine(leader).takeDown();
    cluster.world.machine(second).takeDown();
    wipe(cluster, first);
    cluster.world.machine(second).bringUp();
    await cluster.run(cluster.world.now + 20 * SECOND);
    expect(cluster.leader()).toBeUndefined();
    expect(cluster.member(first).role).toBe("recovering");
    cluster.world.machine(leader).bringUp();
    await cluster.run(cluster.world.now + 20 * SECOND);
    for (const id of cluster.ids) expect(itemsOf(cluster, id)).toEqual(["x"]);
  });

  it("is counted all the same under the planted defect, and what was accepted is lost", async () => {
    const cluster = await led({ seed: 2, defects: ["GW10"] });
    const leader = cluster.requireLeader().host.id;
    const [first = "", second = ""] = cluster.ids.filter((id) => id !== leader);
    cluster.world.machine(second).takeDown();
    expect(await cluster.outcome(cluster.add("x"))).toMatchObject({ ok: true });
    cluster.world.machine(leader).takeDown();
    wipe(cluster, first);
    cluster.world.machine(second).bringUp();
    await cluster.run(cluster.world.now + 20 * SECOND);
    expect(itemsOf(cluster, cluster.requireLeader().host.id)).toEqual([]);
  });

  it("comes back into a group of two when the other one leads", async () => {
    const cluster = await led({ seed: 4, hosts: ["a", "b"] });
    await cluster.outcome(cluster.add("x"));
    const leader = cluster.requireLeader().host.id;
    const other = leader === "a" ? "b" : "a";
    wipe(cluster, other);
    await cluster.run(cluster.world.now + 15 * SECOND);
    expect(rolesOf(cluster)).toEqual({ a: "voter", b: "voter" });
    expect(itemsOf(cluster, other)).toEqual(["x"]);
  });

  it("comes back when it is wiped again while it is coming back", async () => {
    const cluster = await led({ seed: 5 });
    await cluster.outcome(cluster.add("x"));
    const follower = cluster.ids.find((id) => id !== cluster.requireLeader().host.id) ?? "";
    for (let i = 0; i < 4; i++) {
      wipe(cluster, follower);
      await cluster.run(cluster.world.now + 450_000 * (i + 1));
    }
    await cluster.run(cluster.world.now + 15 * SECOND);
    expect(rolesOf(cluster)).toEqual({ a: "voter", b: "voter", c: "voter" });
    expect(itemsOf(cluster, follower)).toEqual(["x"]);
  });

  it("comes back as a witness when it was one", async () => {
    const members = [...voters("a", "b"), { id: "c", role: "witness" as const, contentGeneration: 1 }];
    const cluster = await led({ seed: 6, group: { members } });
    await cluster.outcome(cluster.add("x"));
    wipe(cluster, "c");
    await cluster.run(cluster.world.now + 15 * SECOND);
    expect(rolesOf(cluster)).toEqual({ a: "voter", b: "voter", c: "witness" });
    expect(cluster.member("c").role).toBe("witness");
    expect(itemsOf(cluster, "c")).toEqual([]);
  });
});

describe("a witness", () => {
  it("makes a quorum with one voter and stores no command", async () => {
    const members = [...voters("a", "b"), { id: "c", role: "witness" as const, contentGeneration: 1 }];
    const cluster = await led({ seed: 1, group: { members, snapshotEvery: 10 } });
    const follower = cluster.requireLeader().host.id === "a" ? "b" : "a";
    cluster.world.machine(follower).takeDown();
    for (let i = 0; i < 80; i++) {
      expect(await cluster.outcome(cluster.add(`secret-${i}`))).toMatchObject({ ok: true });
    }
    await cluster.run(cluster.world.now + SECOND);
    expect(itemsOf(cluster, "c")).toEqual([]);
    expect(cluster.member("c").commit).toBe(cluster.requireLeader().commit);
    const { disk } = cluster.host("c");
    for (const file of disk.list()) {
      const bytes = await cluster.outcome(disk.read(file));
      expect(new TextDecoder().decode(bytes)).not.toContain("secret");
    }
    cluster.world.machine(follower).bringUp();
    await cluster.run(cluster.world.now + 3 * SECOND);
    expect(itemsOf(cluster, follower)).toHaveLength(80);
  });
});

describe("a change of members", () => {
  it("adds a learner, which gets everything and has no vote, and promotes it to a voter", async () => {
    const cluster = await led({
      seed: 1,
      hosts: ["a", "b", "c", "d"],
      group: { members: voters("a", "b", "c") },
    });
    await cluster.outcome(cluster.add("x"));
    const leader = cluster.requireLeader();
    const added = leader.changeMembers({ kind: "add-learner", id: "d", contentGeneration: 1 });
    expect(await cluster.outcome(added)).toEqual({ ok: true, generation: 2 });
    await cluster.run(cluster.world.now + 2 * SECOND);
    expect(itemsOf(cluster, "d")).toEqual(["x"]);
    expect(cluster.member("d").role).toBe("learner");
    expect(quorumOf(leader.configuration)).toBe(2);
    expect(await cluster.outcome(leader.changeMembers({ kind: "promote", id: "d" }))).toEqual({
      ok: true,
      generation: 3,
    });
    await cluster.run(cluster.world.now + SECOND);
    expect(cluster.member("d").role).toBe("follower");
    expect(quorumOf(leader.configuration)).toBe(3);
  });

  it("replaces a host that is gone for good by another one", async () => {
    const cluster = await led({
      seed: 3,
      hosts: ["a", "b", "c", "d"],
      group: { members: voters("a", "b", "c") },
    });
    await cluster.outcome(cluster.add("x"));
    const leader = cluster.requireLeader();
    const gone = ["a", "b", "c"].find((id) => id !== leader.host.id) ?? "";
    cluster.world.machine(gone).takeDown();
    expect(await cluster.outcome(leader.replaceMember(gone, "d", 1), 20 * SECOND)).toMatchObject({
      ok: true,
    });
    expect(Object.keys(rolesOf(cluster))).not.toContain(gone);
    expect(rolesOf(cluster).d).toBe("voter");
    expect(itemsOf(cluster, "d")).toEqual(["x"]);
  });

  it("takes the leader itself out, and another one takes over", async () => {
    const cluster = await led({ seed: 3 });
    const leader = cluster.requireLeader();
    await cluster.outcome(leader.changeMembers({ kind: "remove", id: leader.host.id }));
    expect(leader.isLeader).toBe(false);
    await cluster.run(cluster.world.now + 10 * SECOND);
    expect(cluster.requireLeader().host.id).not.toBe(leader.host.id);
    expect(await cluster.outcome(cluster.add("x"))).toMatchObject({ ok: true });
  });

  it("is refused while another one is under way, by a follower, and when it makes no sense", async () => {
    const cluster = await led({ seed: 3 });
    const leader = cluster.requireLeader();
    const [one = "", two = ""] = cluster.ids.filter((id) => id !== leader.host.id);
    const first = leader.changeMembers({ kind: "remove", id: one });
    expect(await cluster.outcome(leader.changeMembers({ kind: "remove", id: two }))).toEqual({
      ok: false,
      reason: "busy",
    });
    expect(await cluster.outcome(first)).toEqual({ ok: true, generation: 2 });
    expect(await cluster.outcome(leader.changeMembers({ kind: "promote", id: two }))).toEqual({
      ok: false,
      reason: "invalid",
    });
    expect(await cluster.outcome(cluster.member(two).changeMembers({ kind: "remove", id: one }))).toEqual({
      ok: false,
      reason: "not-leader",
    });
  });

  it("that was never committed is undone with the tail that it stands in", async () => {
    const cluster = await led({ seed: 3 });
    const old = cluster.requireLeader();
    const others = cluster.ids.filter((id) => id !== old.host.id);
    const heal = cut(cluster, [old.host.id], others, false);
    void old.changeMembers({ kind: "remove", id: others[0] ?? "" });
    await cluster.run(cluster.world.now + SECOND);
    expect(old.configuration.generation).toBe(2);
    await cluster.run(cluster.world.now + 8 * SECOND);
    heal();
    await cluster.run(cluster.world.now + 3 * SECOND);
    expect(old.configuration.generation).toBe(1);
  });

  it("made without waiting for the one before lets two majorities decide: the planted defect", async () => {
    const violations = async (defects: string[]): Promise<readonly string[]> => {
      const hosts = ["a", "b", "c", "d", "e"];
      const cluster = await led({ seed: 3, hosts, defects });
      const invariants = new Invariants(cluster);
      const leader = cluster.requireLeader();
      const [friend = "", ...rest] = hosts.filter((id) => id !== leader.host.id);
      cut(cluster, [leader.host.id, friend], rest, false);
      for (const id of rest) void leader.changeMembers({ kind: "remove", id });
      void leader.propose({ type: "add", item: "here" }, undefined);
      await cluster.run(cluster.world.now + 10 * SECOND);
      const elected = rest.map((id) => cluster.member(id)).find(({ isLeader }) => isLeader);
      for (let i = 0; i < 8; i++) void elected?.propose({ type: "add", item: `there-${i}` }, undefined);
      await cluster.run(cluster.world.now + SECOND);
      return invariants.violations;
    };
    expect(await violations([])).toEqual([]);
    expect(await violations(["membership-two-majorities"])).not.toEqual([]);
  });
});

/** The disk is empty when the host comes back a moment later. */
function wipe(cluster: Cluster, id: string): void {
  const machine = cluster.world.machine(id);
  machine.crash();
  machine.disk.wipe();
  machine.boot();
}
