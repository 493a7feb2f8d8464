import { describe, expect, it } from "vitest";
import { Random } from "../../../src/sim/random.js";
import { MILLISECOND, SECOND } from "../../../src/sim/time.js";
import { Cluster, type Ledger, runClient } from "./cluster.js";
import { Invariants } from "./invariants.js";

const itemsOf = (cluster: Cluster, id: string) => (cluster.member(id).machine as Ledger).items;

/** A group of one: whatever it answered, its own disk alone must bring back. */
async function alone(options: { seed?: number; defects?: string[]; snapshotEvery?: number } = {}) {
  const { seed = 1, defects = [], snapshotEvery = 1_000 } = options;
  const cluster = new Cluster({
    seed,
    defects,
    hosts: ["a"],
    group: { snapshotEvery },
    duration: 1_000 * SECOND,
  });
  await cluster.run(3 * SECOND);
  return cluster;
}

async function restart(cluster: Cluster, id = "a"): Promise<void> {
  cluster.world.machine(id).crash();
  cluster.world.machine(id).boot();
  await cluster.run(cluster.world.now + 5 * SECOND);
}

const lostContent = (cluster: Cluster) =>
  cluster.world.history.events.filter(
    (event) => event.kind === "state" && event.entity === "raft" && event.to === "recovering",
  ).length;

describe("what was answered", () => {
  it("is there after any crash, whatever the disk made of what was not synced", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const cluster = await alone({ seed, snapshotEvery: 15 });
      const random = new Random(`crashes/${seed}`);
      const answered: string[] = [];
      for (let life = 0; life < 4; life++) {
        const member = cluster.member("a");
        for (let i = 0; i < random.between(1, 30); i++) {
          const item = `${life}/${i}`;
          void member.propose({ type: "add", item }, undefined).then((answer) => {
            if (answer.ok) answered.push(item);
          });
          await cluster.run(cluster.world.now + random.between(1, 600));
        }
        await restart(cluster);
      }
      expect(lostContent(cluster)).toBe(0);
      const items = itemsOf(cluster, "a");
      expect(answered.filter((item) => !items.includes(item))).toEqual([]);
      expect(new Set(items).size).toBe(items.length);
    }
  });

  it("is there after a crash before and after each durable write of each host, and no crash counts as damage", async () => {
    for (const side of ["before", "after"] as const) {
      for (let point = 1; point <= 24; point++) {
        const target = ["a", "b", "c"][point % 3] ?? "a";
        const cluster = new Cluster({
          seed: point,
          hosts: ["a", "b", "c", "client"],
          duration: 14 * SECOND,
          group: {
            snapshotEvery: 10,
            members: ["a", "b", "c"].map((id) => ({ id, role: "voter", contentGeneration: 1 })),
          },
          // From the first moment on, so that formatting the disk is hit as well.
          faults: [
            { id: "p", kind: "crash-point", at: 0, for: 2 * SECOND, target, point, side },
            { id: "q", kind: "crash-point", at: 5 * SECOND, for: SECOND, target, point, side },
          ],
        });
        const invariants = new Invariants(cluster);
        const answers = new Map<string, number>();
        cluster.onStart = (host) => {
          if (host.id !== "client") return;
          runClient(
            cluster,
            host,
            "c",
            50 * MILLISECOND,
            (item, position) => answers.set(item, position),
            13 * SECOND,
          );
        };
        await cluster.run(14 * SECOND);
        expect(invariants.violations).toEqual([]);
        expect(answers.size).toBeGreaterThan(20);
        for (const [item, position] of answers)
          expect(cluster.requireLeader().machine).toHaveProperty(["items", position], item);
        // A disk on which formatting never ended is blank: that host has to be taken in like a new one.
        const blank = cluster.world.history.events.filter(
          (event) => event.kind === "state" && event.entity === "raft" && event.to === "recovering",
        );
        expect(blank.every(({ at }) => at < 5 * SECOND)).toBe(true);
        for (const id of ["a", "b", "c"]) expect(["leader", "follower"]).toContain(cluster.member(id).role);
      }
    }
  });

  it("may be missing when it is told before it is synced: the planted defect shows", async () => {
    let losses = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const cluster = await alone({ seed, defects: ["ack-before-fsync"] });
      const answered: string[] = [];
      for (let i = 0; i < 5; i++) {
        void cluster
          .member("a")
          .propose({ type: "add", item: `${i}` }, undefined)
          .then((answer) => {
            if (answer.ok) answered.push(`${i}`);
          });
        await cluster.run(cluster.world.now + 30);
      }
      await restart(cluster);
      if (answered.some((item) => !itemsOf(cluster, "a").includes(item))) losses++;
    }
    expect(losses).toBeGreaterThan(0);
  });
});

describe("damage to what was acknowledged", () => {
  /** Does something to the disk of a group of one with thirty items, restarts it, and looks what it makes of it. */
  async function spoilt(seed: number, spoil: (cluster: Cluster, random: Random) => void): Promise<Cluster> {
    const cluster = await alone({ seed });
    for (let i = 0; i < 30; i++) await cluster.outcome(cluster.add(`item-${i}`));
    spoil(cluster, new Random(`spoil/${seed}`));
    await restart(cluster);
    return cluster;
  }

  it("by a rotten bit is never taken for content: everything is there, or the member takes no part", async () => {
    let found = 0;
    for (let seed = 1; seed <= 80; seed++) {
      const cluster = await spoilt(seed, ({ world }, random) =>
        world.machine("a").disk.rot(random, () => {}),
      );
      if (lostContent(cluster) > 0) found++;
      else expect(itemsOf(cluster, "a")).toEqual(Array.from({ length: 30 }, (_, i) => `item-${i}`));
    }
    // Half of it strikes the identity, which stands there twice.
    expect(found).toBeGreaterThan(10);
    expect(found).toBeLessThan(70);
  });

  it("by a sector that can't be read keeps the member from taking part, unless there is a second copy", async () => {
    let found = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const cluster = await spoilt(seed, ({ world }, random) =>
        world.machine("a").disk.latentSectorError(random, () => {}),
      );
      if (lostContent(cluster) > 0) found++;
      else expect(itemsOf(cluster, "a")).toHaveLength(30);
    }
    expect(found).toBeGreaterThan(5);
    expect(found).toBeLessThan(40);
  });

  it("by a write that went astray is found, wherever it landed", async () => {
    let found = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const cluster = await alone({ seed });
      for (let i = 0; i < 10; i++) await cluster.outcome(cluster.add(`item-${i}`));
      cluster.world.machine("a").disk.misdirectNextWrite(new Random(`stray/${seed}`), () => {});
      for (let i = 10; i < 30; i++) await cluster.outcome(cluster.add(`item-${i}`));
      await restart(cluster);
      if (lostContent(cluster) > 0) found++;
      else expect(itemsOf(cluster, "a")).toHaveLength(30);
    }
    expect(found).toBeGreaterThan(5);
  });

  it("shows as foreign content when checksums are not looked at: the planted defect", async () => {
    let wrong = 0;
    for (let seed = 1; seed <= 80; seed++) {
      const cluster = await alone({ seed, defects: ["checksum-not-verified"] });
      for (let i = 0; i < 30; i++) await cluster.outcome(cluster.add(`item-${i}`));
      cluster.world.machine("a").disk.rot(new Random(`spoil/${seed}`), () => {});
      cluster.world.machine("a").crash();
      cluster.world.machine("a").boot();
      await cluster.world.run(cluster.world.now + 5 * SECOND);
      const items = itemsOf(cluster, "a");
      if (items.some((item, i) => item !== `item-${i}`)) wrong++;
    }
    expect(wrong).toBeGreaterThan(0);
  });
});

describe("an fsync that fails", () => {
  it("acknowledges nothing of what it was for; the log is written anew and work goes on", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const cluster = await alone({ seed });
      await cluster.outcome(cluster.add("before"));
      let fired = 0;
      cluster.world.machine("a").disk.failNextFsync(() => fired++);
      void cluster.add("during");
      await cluster.run(cluster.world.now + 8 * SECOND);
      expect(fired).toBe(1);
      expect(await cluster.outcome(cluster.add("after"))).toMatchObject({ ok: true });
      await restart(cluster);
      expect(lostContent(cluster)).toBe(0);
      expect(itemsOf(cluster, "a")).toEqual(["before", "during", "after"]);
    }
  });

  it("takes what was answered with it when it is taken for a success: the planted defect", async () => {
    const cluster = await alone({ defects: ["ack-unsynced-after-fsync-failure"] });
    await cluster.outcome(cluster.add("before"));
    cluster.world.machine("a").disk.failNextFsync(() => {});
    expect(await cluster.outcome(cluster.add("during"))).toMatchObject({ ok: true });
    await restart(cluster);
    expect(itemsOf(cluster, "a")).toEqual(["before"]);
  });
});

describe("a disk", () => {
  it("that stalls costs the leader its office, and does no harm", async () => {
    const cluster = new Cluster();
    const invariants = new Invariants(cluster);
    await cluster.run(3 * SECOND);
    const stalled = cluster.requireLeader();
    cluster.world.machine(stalled.host.id).disk.stall(() => {});
    void cluster.add("x");
    await cluster.run(cluster.world.now + 10 * SECOND);
    expect(cluster.requireLeader().host.id).not.toBe(stalled.host.id);
    expect(await cluster.outcome(cluster.add("y"))).toMatchObject({ ok: true });
    cluster.world.machine(stalled.host.id).disk.unstall();
    await cluster.run(cluster.world.now + 5 * SECOND);
    expect(itemsOf(cluster, stalled.host.id)).toEqual(itemsOf(cluster, cluster.requireLeader().host.id));
    expect(invariants.violations).toEqual([]);
  });
});
