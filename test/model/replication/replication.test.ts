import { describe, expect, it } from "vitest";
import { SECOND } from "../../../src/sim/time.js";
import { Cluster, type Ledger } from "./cluster.js";
import { cut } from "./cut.js";

const itemsOf = (cluster: Cluster, id: string) => (cluster.member(id).machine as Ledger).items;

async function led(cluster: Cluster): Promise<Cluster> {
  await cluster.run(3 * SECOND);
  cluster.requireLeader();
  return cluster;
}

describe("a proposal", () => {
  it("is answered when a majority has it, and reaches every replica", async () => {
    const cluster = await led(new Cluster());
    expect(await cluster.outcome(cluster.add("x"))).toMatchObject({ ok: true, result: 0 });
    expect(await cluster.outcome(cluster.add("y"))).toMatchObject({ ok: true, result: 1 });
    await cluster.run(cluster.world.now + SECOND);
    for (const id of cluster.ids) expect(itemsOf(cluster, id)).toEqual(["x", "y"]);
  });

  it("is refused by a follower, which says who leads", async () => {
    const cluster = await led(new Cluster());
    const leader = cluster.requireLeader().host.id;
    const follower = cluster.member(cluster.ids.find((id) => id !== leader) ?? "");
    expect(await cluster.outcome(follower.propose({ type: "add", item: "x" }, undefined))).toEqual({
      ok: false,
      reason: "not-leader",
      leader,
    });
  });

  it("shares its batch, its fsync and its messages with those that come at the same time", async () => {
    const cluster = await led(new Cluster());
    const before = cluster.world.scheduler.events;
    const answers = await cluster.outcome(
      Promise.all(Array.from({ length: 50 }, (_, i) => cluster.add(`item-${i}`))),
    );
    expect(answers?.every((answer) => answer.ok)).toBe(true);
    expect(cluster.world.scheduler.events - before).toBeLessThan(60);
  });

  it("comes to nothing certain when the leader loses its office: it may be there later, or not", async () => {
    const cluster = await led(new Cluster());
    const old = cluster.requireLeader();
    const others = cluster.ids.filter((id) => id !== old.host.id);
    cut(cluster, [old.host.id], others, false);
    expect(await cluster.outcome(cluster.add("lost"), 10 * SECOND)).toEqual({ ok: false, reason: "unknown" });
    await cluster.run(cluster.world.now + 5 * SECOND);
    expect(await cluster.outcome(cluster.add("kept"))).toMatchObject({ ok: true, result: 0 });
  });

  it("is refused as unavailable by a leader whose disk is full, which hands its office on", async () => {
    const cluster = await led(new Cluster());
    const full = cluster.requireLeader();
    cluster.world.machine(full.host.id).disk.fill(() => {});
    expect(await cluster.outcome(cluster.add("x"))).toEqual({ ok: false, reason: "unavailable" });
    expect(full.isLeader).toBe(false);
    await cluster.run(cluster.world.now + 8 * SECOND);
    cluster.world.machine(full.host.id).disk.unfill();
    await cluster.run(cluster.world.now + 4 * SECOND);
    expect(await cluster.outcome(cluster.add("y"))).toMatchObject({ ok: true, result: 0 });
    await cluster.run(cluster.world.now + 2 * SECOND);
    for (const id of cluster.ids) expect(itemsOf(cluster, id)).toEqual(["y"]);
  });

  it("goes on while a follower is down, and that one catches up from the log", async () => {
    const cluster = await led(new Cluster());
    const leader = cluster.requireLeader().host.id;
    const follower = cluster.ids.find((id) => id !== leader) ?? "";
    cluster.world.machine(follower).takeDown();
    for (let i = 0; i < 20; i++) await cluster.outcome(cluster.add(`item-${i}`));
    cluster.world.machine(follower).bringUp();
    await cluster.run(cluster.world.now + 3 * SECOND);
    expect(itemsOf(cluster, follower)).toHaveLength(20);
    expect(cluster.world.goals.has("raft: snapshot-installed")).toBe(false);
  });

  it("reaches a follower that was down for too long in a snapshot", async () => {
    const cluster = await led(new Cluster({ group: { snapshotEvery: 10 } }));
    const leader = cluster.requireLeader().host.id;
    const follower = cluster.ids.find((id) => id !== leader) ?? "";
    cluster.world.machine(follower).takeDown();
    for (let i = 0; i < 80; i++) await cluster.outcome(cluster.add(`item-${i}`));
    cluster.world.machine(follower).bringUp();
    await cluster.run(cluster.world.now + 3 * SECOND);
    expect(itemsOf(cluster, follower)).toHaveLength(80);
    expect(cluster.world.goals.get("raft: snapshot-installed")).toBe(1);
    const fact = cluster.world.history.events.find(
      (event) => event.kind === "durable" && event.host === follower && event.writes[0]?.key === "snapshot",
    );
    expect(fact).toMatchObject({ store: `ledger@${follower}` });
  });

  it("survives the loss of power everywhere, snapshots and log together", async () => {
    const cluster = await led(new Cluster({ group: { snapshotEvery: 10 } }));
    for (let i = 0; i < 55; i++) await cluster.outcome(cluster.add(`item-${i}`));
    for (const id of cluster.ids) cluster.world.machine(id).crash();
    for (const id of cluster.ids) cluster.world.machine(id).boot();
    await cluster.run(cluster.world.now + 6 * SECOND);
    expect(await cluster.outcome(cluster.add("after"))).toMatchObject({ ok: true, result: 55 });
    await cluster.run(cluster.world.now + SECOND);
    for (const id of cluster.ids) expect(itemsOf(cluster, id)).toHaveLength(56);
  });

  it("that contradicts an old leader's tail takes its place", async () => {
    const cluster = await led(new Cluster());
    await cluster.outcome(cluster.add("first"));
    const old = cluster.requireLeader();
    const others = cluster.ids.filter((id) => id !== old.host.id);
    const heal = cut(cluster, [old.host.id], others, false);
    for (let i = 0; i < 3; i++) void old.propose({ type: "add", item: `lost-${i}` }, undefined);
    await cluster.run(cluster.world.now + 8 * SECOND);
    await cluster.outcome(cluster.add("second"));
    heal();
    await cluster.run(cluster.world.now + 3 * SECOND);
    for (const id of cluster.ids) expect(itemsOf(cluster, id)).toEqual(["first", "second"]);
    const cutOff = cluster.world.history.events.some(
      (event) =>
        event.kind === "durable" && event.host === old.host.id && event.writes[0]?.key === "truncate",
    );
    expect(cutOff).toBe(true);
  });
});

describe("a session", () => {
  const session = { client: "shop", sequence: 7, answeredBelow: 7 };

  it("has a repeated request answered again and applied once, by the next leader too", async () => {
    const cluster = await led(new Cluster());
    const first = await cluster.outcome(cluster.add("x", session));
    expect(await cluster.outcome(cluster.add("x", session))).toEqual(first);
    cluster.world.machine(cluster.requireLeader().host.id).takeDown();
    await cluster.run(cluster.world.now + 8 * SECOND);
    expect(await cluster.outcome(cluster.add("x", session))).toEqual(first);
    expect((cluster.requireLeader().machine as Ledger).items).toEqual(["x"]);
  });

  it("has two requests that are under way together applied once", async () => {
    const cluster = await led(new Cluster());
    const both = await cluster.outcome(Promise.all([cluster.add("x", session), cluster.add("x", session)]));
    expect(both?.[0]).toMatchObject({ ok: true, result: 0 });
    expect(both?.[1]).toEqual(both?.[0]);
    expect((cluster.requireLeader().machine as Ledger).items).toEqual(["x"]);
  });

  it("never has a forgotten request applied again", async () => {
    const cluster = await led(new Cluster());
    await cluster.outcome(cluster.add("x", session));
    await cluster.outcome(cluster.add("y", { client: "shop", sequence: 8, answeredBelow: 8 }));
    expect(await cluster.outcome(cluster.add("x", session))).toEqual({ ok: false, reason: "unknown" });
    expect((cluster.requireLeader().machine as Ledger).items).toEqual(["x", "y"]);
  });
});

describe("a read barrier", () => {
  it("holds with the leader and not with a follower", async () => {
    const cluster = await led(new Cluster());
    await cluster.outcome(cluster.add("x"));
    const leader = cluster.requireLeader();
    expect(await cluster.outcome(leader.readBarrier())).toBe(true);
    const follower = cluster.member(cluster.ids.find((id) => id !== leader.host.id) ?? "");
    expect(await cluster.outcome(follower.readBarrier())).toBe(false);
  });

  it("does not hold with a leader that was cut off, though it does not know of it yet", async () => {
    const cluster = await led(new Cluster());
    const old = cluster.requireLeader();
    cut(
      cluster,
      [old.host.id],
      cluster.ids.filter((id) => id !== old.host.id),
      false,
    );
    const barrier = old.readBarrier();
    expect(old.isLeader).toBe(true);
    expect(await cluster.outcome(barrier, 6 * SECOND)).toBe(false);
  });

  it("holds with a leader that was cut off when its confirmation is left out: the planted defect shows", async () => {
    const cluster = await led(new Cluster({ defects: ["read-from-cut-off-leader"] }));
    const old = cluster.requireLeader();
    cut(
      cluster,
      [old.host.id],
      cluster.ids.filter((id) => id !== old.host.id),
      false,
    );
    expect(await cluster.outcome(old.readBarrier(), SECOND)).toBe(true);
  });

  it("costs no log entry, and many at a time share one question", async () => {
    const cluster = await led(new Cluster());
    const leader = cluster.requireLeader();
    const { lastIndex } = leader.log;
    const before = cluster.world.scheduler.events;
    const all = Promise.all(Array.from({ length: 100 }, () => leader.readBarrier()));
    expect((await cluster.outcome(all))?.every((holds) => holds)).toBe(true);
    expect(leader.log.lastIndex).toBe(lastIndex);
    expect(cluster.world.scheduler.events - before).toBeLessThan(30);
  });
});

describe("a deadline", () => {
  const command = { type: "add", item: "x", expiresAfter: 4 * SECOND } as const;

  it("is turned into a command when it has passed", async () => {
    const cluster = await led(new Cluster());
    await cluster.outcome(cluster.requireLeader().propose(command, undefined));
    const added = cluster.world.now;
    await cluster.run(added + 5 * SECOND);
    const drops = cluster.world.history.events.filter(
      (event) => event.kind === "durable" && event.writes[0]?.key === "dropped/x",
    );
    expect(drops).toHaveLength(3);
    expect((drops[0]?.at ?? 0) - added).toBeGreaterThan(3.9 * SECOND);
  });

  it("begins anew, in full, with a new leader", async () => {
    const cluster = await led(new Cluster());
    await cluster.outcome(cluster.requireLeader().propose(command, undefined));
    await cluster.run(cluster.world.now + 3 * SECOND);
    const first = cluster.requireLeader();
    first.transferTo(cluster.ids.find((id) => id !== first.host.id) ?? "");
    const handedOver = cluster.world.now;
    await cluster.run(handedOver + 6 * SECOND);
    const drop = cluster.world.history.events.find(
      (event) => event.kind === "durable" && event.writes[0]?.key === "dropped/x",
    );
    expect((drop?.at ?? 0) - handedOver).toBeGreaterThan(3.9 * SECOND);
  });
});

describe("the local fast path", () => {
  const group = { acknowledgement: "local-fast-path" } as const;

  it("answers what the leader's own disk has, with the result that it will have", async () => {
    const cluster = await led(new Cluster({ group }));
    expect(await cluster.outcome(cluster.add("x"))).toMatchObject({ ok: true, result: 0 });
    const leader = cluster.requireLeader();
    cut(
      cluster,
      [leader.host.id],
      cluster.ids.filter((id) => id !== leader.host.id),
      false,
    );
    expect(await cluster.outcome(cluster.add("y"), SECOND)).toMatchObject({ ok: true, result: 1 });
    expect(await cluster.outcome(cluster.add("z"), SECOND)).toMatchObject({ ok: true, result: 2 });
    expect((leader.machine as Ledger).items).toEqual(["x"]);
  });

  it("loses what it answered when the leader is lost before anybody else has it", async () => {
    const cluster = await led(new Cluster({ group }));
    const leader = cluster.requireLeader();
    cut(
      cluster,
      [leader.host.id],
      cluster.ids.filter((id) => id !== leader.host.id),
      false,
    );
    expect(await cluster.outcome(cluster.add("answered"), SECOND)).toMatchObject({ ok: true });
    await cluster.run(cluster.world.now + 8 * SECOND);
    expect(await cluster.outcome(cluster.add("other"))).toMatchObject({ ok: true, result: 0 });
  });
});
