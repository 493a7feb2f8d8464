import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { message } from "../../src/sim/host.js";
import { SECOND } from "../../src/sim/time.js";
import { talk } from "../support/talk.js";
import { planOf, universe } from "../support/universe.js";

const NOTE = message<number>("note");

async function hashOf(
  options: Parameters<typeof universe>[0],
  steps: readonly number[] = [],
): Promise<string> {
  const world = universe(options);
  talk(world);
  for (const step of steps) await world.run(step);
  await world.run();
  return world.scheduler.traceHash;
}

describe("the trace hash", () => {
  it("is the same for the same plan", async () => {
    expect(await hashOf({ seed: 7 })).toBe(await hashOf({ seed: 7 }));
  });

  it("differs for every seed", async () => {
    const hashes = await Promise.all(Array.from({ length: 50 }, (_, seed) => hashOf({ seed })));
    expect(new Set(hashes).size).toBe(50);
  });

  it("does not depend on how a run is cut into steps", async () => {
    expect(await hashOf({ seed: 7 }, [0, 123_456, SECOND, 30 * SECOND])).toBe(await hashOf({ seed: 7 }));
  });

  it("does not depend on who listens", async () => {
    const world = universe({ seed: 7 });
    talk(world);
    world.history.on(() => {});
    world.scheduler.watcher = () => {};
    await world.run();
    expect(world.scheduler.traceHash).toBe(await hashOf({ seed: 7 }));
  });

  it("is pinned", async () => {
    const storm: Fault[] = [
      { kind: "loss", id: "f", at: 0, for: SECOND, from: "*", to: "*", ratio: 0.1 },
      { kind: "crash", id: "g", at: SECOND / 2, for: SECOND, target: "b" },
    ];
    expect(await hashOf({ seed: 7, faults: storm })).toMatchInlineSnapshot(`"a151ff230c5cc182"`);
  });
});

describe("buggify", () => {
  const POINTS = Array.from({ length: 10 }, (_, i) => `point-${i}`);

  /** Asks each of ten points a hundred times on two hosts; how often each fired. */
  async function asked(seed: number, knobs = { buggify: true }, healAt = 60 * SECOND) {
    const world = universe({ seed, knobs, healAt, hosts: ["a", "b"] });
    for (const id of ["a", "b"]) {
      world.onBoot(id, async (host) => {
        for (let n = 0; n < 100; n++) {
          await host.sleep(1_000);
          for (const point of POINTS) host.buggify(point);
        }
      });
    }
    await world.run();
    return world.buggified;
  }

  it("activates each point for a quarter of the runs, where it fires a quarter of the time", async () => {
    let active = 0;
    let fired = 0;
    const runs = 100;
    for (let seed = 0; seed < runs; seed++) {
      for (const count of (await asked(seed)).values()) {
        if (count > 0) active++;
        fired += count;
      }
    }
    const activeShare = active / (runs * POINTS.length);
    const firedShare = fired / (active * 200);
    expect(activeShare).toBeGreaterThan(0.2);
    expect(activeShare).toBeLessThan(0.3);
    expect(firedShare).toBeGreaterThan(0.23);
    expect(firedShare).toBeLessThan(0.27);
  });

  it("counts the points that were asked, those that stayed quiet too", async () => {
    const buggified = await asked(3);
    expect([...buggified.keys()]).toEqual(POINTS);
    expect([...buggified.values()]).toContain(0);
  });

  it("is quiet unless the plan asks for it, and after healing", async () => {
    for (let seed = 0; seed < 10; seed++) {
      expect([...(await asked(seed, { buggify: false })).values()].some((count) => count > 0)).toBe(false);
      expect([...(await asked(seed, { buggify: true }, 0)).values()].some((count) => count > 0)).toBe(false);
    }
  });
});

describe("a world", () => {
  it("boots every host at the very beginning, and again at every restart", async () => {
    const world = universe({ faults: [{ kind: "crash", id: "f", at: SECOND, for: SECOND, target: "b" }] });
    const boots: string[] = [];
    for (const id of ["a", "b", "c"])
      world.onBoot(id, (host) => boots.push(`${id}${host.incarnation}@${world.now}`) as never);
    await world.run();
    expect([...boots].sort()).toEqual(["a1@0", "b1@0", "b2@2000000", "c1@0"]);
  });

  it("tells a host who and where it is", async () => {
    const domain = { provider: "gcp", region: "central" };
    const world = universe({ hosts: [{ id: "g", domain, role: "worker" }], knobs: { lanes: 4 } });
    await world.run();
    expect(world.machine("g").incarnation).toMatchObject({
      id: "g",
      domain,
      role: "worker",
      incarnation: 1,
      knobs: { lanes: 4 },
    });
  });

  it("gives each host and each life a stream of its own", async () => {
    const world = universe({ faults: [{ kind: "crash", id: "f", at: SECOND, for: SECOND, target: "a" }] });
    const draws: number[] = [];
    for (const id of ["a", "b"]) world.onBoot(id, (host) => void draws.push(host.random.uint32()));
    await world.run();
    expect(new Set(draws).size).toBe(3);
  });

  it("counts goals each time and writes them once for each host", async () => {
    const world = universe();
    for (const id of ["a", "b"]) {
      world.onBoot(id, (host) => {
        host.reached("election");
        host.reached("election");
      });
    }
    await world.run();
    expect(world.goals.get("election")).toBe(4);
    expect(
      world.history.events
        .filter((event) => event.kind === "goal")
        .map(({ host }) => host)
        .sort(),
    ).toEqual(["a", "b"]);
  });

  it("switches on the plan's defects and counts which were asked for", async () => {
    const world = universe({ defects: ["skip-fsync"] });
    const answers: boolean[] = [];
    world.onBoot(
      "a",
      (host) =>
        void answers.push(host.defect("skip-fsync"), host.defect("no-fence"), host.defect("no-fence")),
    );
    await world.run();
    expect(answers).toEqual([true, false, false]);
    expect(world.defectsAsked).toEqual(
      new Map([
        ["skip-fsync", 1],
        ["no-fence", 2],
      ]),
    );
  });

  it("counts the faults that were planned, those that came to nothing too", async () => {
    const faults: Fault[] = [1, 2, 3].map((at) => ({
      kind: "loss",
      id: `f${at}`,
      at,
      for: 1,
      from: "a",
      to: "b",
      ratio: 1,
    }));
    const world = universe({ faults });
    await world.run();
    expect(world.faults.get("loss")).toEqual({ planned: 3, fired: 0 });
    expect(world.faults.get("crash")).toBeUndefined();
  });

  it("ends at the plan's end, with what is due at that time done", async () => {
    const world = universe({ duration: SECOND });
    const done: number[] = [];
    world.onBoot("a", (host) => {
      for (const at of [SECOND, SECOND + 1]) host.after(at, () => done.push(at));
    });
    await world.run();
    expect([world.now, ...done]).toEqual([SECOND, SECOND]);
  });

  it("refuses two hosts of one name, and names a host that it does not know", () => {
    expect(() => universe({ hosts: ["a", "a"] })).toThrow('there is a host "a" already');
    expect(() => universe().machine("z")).toThrow('no host "z"');
    expect(() => universe().onBoot("z", () => {})).toThrow('no host "z"');
  });

  it("takes nothing from the plan and leaves it as it was", async () => {
    const plan = planOf({
      faults: [{ kind: "crash-point", id: "f", at: 0, for: SECOND, target: "a", point: 2, side: "after" }],
    });
    const before = JSON.stringify(plan);
    const world = universe({ faults: plan.faults });
    talk(world);
    await world.run();
    expect(JSON.stringify(plan)).toBe(before);
  });

  it("says nothing to a handler that is not there", async () => {
    const world = universe();
    world.onBoot("a", (host) => host.send(NOTE, "b", 1));
    await world.run();
    expect(world.failure).toBeUndefined();
  });
});
