import { describe, expect, it, vi } from "vitest";
import { type Host, message, rpc, TIMED_OUT } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import type { World } from "../../src/sim/world.js";
import { type UniverseOptions, universe } from "../support/universe.js";

const COUNT = rpc<number, number>("count");
const NOTE = message<number>("note");

/** Both ways to drain; everything here must hold for each. */
const WAYS = [
  ["drained synchronously", {}],
  ["drained by setImmediate", { forceFallback: true }],
] as const;

/** Requests, sleeps, disk writes and outside calls under a storm, with promises that settle one another. */
function busy(options: UniverseOptions): World {
  const world = universe({
    ...options,
    duration: 20 * SECOND,
    healAt: 15 * SECOND,
    knobs: { buggify: true },
    faults: [
      { kind: "crash", id: "f1", at: 3 * SECOND, for: SECOND, target: "b" },
      { kind: "pause", id: "f2", at: 5 * SECOND, for: SECOND, target: "c" },
      { kind: "loss", id: "f3", at: SECOND, for: 9 * SECOND, from: "*", to: "*", ratio: 0.2 },
      { kind: "clock-drift", id: "f4", at: SECOND, for: 5 * SECOND, target: "a", ppm: 100_000 },
      { kind: "disk-slow", id: "f5", at: SECOND, for: 5 * SECOND, target: "a", factor: 20 },
    ],
  });
  let applied = 0;
  world.addExternal("bank", {
    create: () => ({ apply: () => ({ ok: true, value: ++applied, applied: true }) }),
  });
  const ids = ["a", "b", "c"];
  ids.forEach((id, i) => {
    world.onBoot(id, async (host) => {
      let total = 0;
      host.onRequest(COUNT, async (n) => {
        total += n;
        host.disk.append("log", new Uint8Array([n]));
        await host.disk.fsync("log");
        return total;
      });
      for (let n = 0; n < 40; n++) {
        const peer = ids[(i + 1 + (n % 2)) % 3] ?? id;
        const [reply] = await Promise.all([
          host.request(COUNT, peer, n, 50 * MILLISECOND),
          host.sleep(host.random.below(200 * MILLISECOND)),
        ]);
        if (reply !== TIMED_OUT && host.buggify("call"))
          await host.call("bank", "pay", `${id}-${n}`, n, SECOND);
        host.record({
          kind: "operator",
          operation: "counted",
          detail: { n, reply: reply === TIMED_OUT ? null : reply },
        });
      }
    });
  });
  return world;
}

describe("a universe on either drain", () => {
  it("has the same trace and the same history", async () => {
    for (const seed of [1, 2, 3]) {
      const quick = busy({ seed });
      const slow = busy({ seed, scheduler: { forceFallback: true } });
      await quick.run();
      await slow.run();
      expect(quick.scheduler.events).toBeGreaterThan(300);
      expect(slow.scheduler.traceHash).toBe(quick.scheduler.traceHash);
      expect(slow.history.events).toEqual(quick.history.events);
    }
  });

  it("keeps apart from another one that is run at the same time", async () => {
    const alone = busy({ seed: 4 });
    await alone.run();
    const together = WAYS.flatMap(([, scheduler]) => [
      busy({ seed: 4, scheduler }),
      busy({ seed: 5, scheduler }),
    ]);
    await Promise.all(together.map((world) => world.run()));
    const hashes = together.map((world) => world.scheduler.traceHash);
    expect(hashes[0]).toBe(alone.scheduler.traceHash);
    expect(hashes[2]).toBe(hashes[0]);
    expect(hashes[3]).toBe(hashes[1]);
    expect(hashes[1]).not.toBe(hashes[0]);
  });
});

const FAILURES: readonly (readonly [string, () => unknown])[] = [
  [
    "an exception in boot",
    () => {
      throw new Error("oops");
    },
  ],
  ["a rejection of an async boot", () => Promise.reject(new Error("oops"))],
  ["a rejection that nobody handles", () => void Promise.reject(new Error("oops"))],
  [
    "an exception in a microtask",
    () =>
      queueMicrotask(() => {
        throw new Error("oops");
      }),
  ],
  [
    "an exception in a next-tick",
    () =>
      process.nextTick(() => {
        throw new Error("oops");
      }),
  ],
];

describe.each(WAYS)("code under test, %s", (_, scheduler) => {
  it("goes on within the event that settled its promise, even when a plain callback did", async () => {
    const world = universe({ scheduler });
    const resumedAt: number[] = [];
    world.onBoot("a", async (host) => {
      let open: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      host.after(5, () => open());
      host.after(9, () => {});
      await gate;
      resumedAt.push(world.now);
    });
    await world.run();
    expect(resumedAt).toEqual([5]);
  });

  it.each(["message", "request"] as const)("goes on within the %s that settled its promise", async (by) => {
    const world = universe({ scheduler });
    const times: number[] = [];
    world.onBoot("a", async (host) => {
      let open: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const arrived = (): number => {
        times.push(world.now);
        open();
        return 0;
      };
      host.onMessage(NOTE, arrived);
      host.onRequest(COUNT, arrived);
      await gate;
      times.push(world.now);
    });
    world.onBoot("b", (host) => {
      host.after(MILLISECOND, () => {
        if (by === "message") host.send(NOTE, "a", 1);
        else void host.request(COUNT, "a", 1, SECOND);
      });
    });
    await world.run();
    expect(times).toHaveLength(2);
    expect(times[1]).toBe(times[0]);
  });

  it("goes through any number of awaits at one virtual time", async () => {
    const world = universe({ scheduler });
    let now = -1;
    world.onBoot("a", async (host) => {
      await host.sleep(7);
      for (let i = 0; i < 1_000; i++) await Promise.resolve();
      now = world.now;
    });
    await world.run();
    expect(now).toBe(7);
  });

  it.each(FAILURES)("stops the run and is named for %s", async (_name, boot) => {
    const world = universe({ scheduler });
    let reached = 0;
    world.onBoot("a", (host) => void host.after(SECOND, () => reached++));
    world.onBoot("b", async (host) => {
      await host.sleep(MILLISECOND);
      await boot();
    });
    await world.run();
    expect(world.failure).toMatchObject({ at: MILLISECOND, host: "b", error: new Error("oops") });
    expect(reached).toBe(0);
  });

  it("runs the next-ticks and microtasks behind one that throws", async () => {
    const world = universe({ scheduler });
    const ran: string[] = [];
    world.onBoot("b", async (host) => {
      await host.sleep(MILLISECOND);
      process.nextTick(() => {
        throw new Error("oops");
      });
      process.nextTick(() => ran.push("tick"));
      queueMicrotask(() => ran.push("microtask"));
      process.nextTick(() => {
        throw new Error("oops again");
      });
    });
    await world.run();
    expect(world.failure).toMatchObject({ host: "b", error: new Error("oops") });
    expect(ran.sort()).toEqual(["microtask", "tick"]);
  });

  it.each([
    [
      "a timer",
      (host: Host) =>
        host.after(9, () => {
          throw new Error("oops");
        }),
    ],
    [
      "an async timer",
      (host: Host) =>
        host.after(9, async () => {
          throw new Error("oops");
        }),
    ],
    [
      "a request handler",
      (host: Host) =>
        host.onRequest(COUNT, () => {
          throw new Error("oops");
        }),
    ],
    [
      "an async request handler",
      (host: Host) =>
        host.onRequest(COUNT, async () => {
          throw new Error("oops");
        }),
    ],
  ] as const)("names the host whose %s failed, not the one that asked", async (_name, boot) => {
    const world = universe({ scheduler });
    world.onBoot("b", (host) => void boot(host));
    world.onBoot("a", async (host) => {
      await host.sleep(MILLISECOND);
      await host.request(COUNT, "b", 1, SECOND);
    });
    await world.run();
    expect(world.failure).toMatchObject({ host: "b", error: new Error("oops") });
  });

  it("is not blamed for a rejection that it handles", async () => {
    const world = universe({ scheduler });
    let caught = 0;
    world.onBoot("a", async (host) => {
      await host.sleep(1);
      await Promise.reject(new Error("handled")).catch(() => caught++);
    });
    await world.run();
    expect([caught, world.failure]).toEqual([1, undefined]);
  });

  it("does not go on after a failure when the world is run again", async () => {
    const world = universe({ scheduler });
    let ticks = 0;
    world.onBoot("a", (host) => {
      host.after(10, () => {
        throw new Error("oops");
      });
      host.after(20, () => ticks++);
    });
    await world.run();
    await world.run();
    expect(ticks).toBe(0);
  });

  it("never reaches the process's own listeners, which are all back after", async () => {
    const hooks = ["unhandledRejection", "uncaughtException"] as const;
    const mine = vi.fn();
    const once = vi.fn();
    for (const hook of hooks) {
      process.on(hook, mine);
      process.once(hook, once);
    }
    try {
      const before = hooks.map((hook) => process.rawListeners(hook));
      const worlds = [1, 2].map((seed) => {
        const world = universe({ seed, scheduler });
        world.onBoot("a", async (host) => {
          await host.sleep(1);
          throw new Error("oops");
        });
        return world;
      });
      await Promise.all(worlds.map((world) => world.run()));
      expect(worlds.map((world) => world.failure?.host)).toEqual(["a", "a"]);
      expect(hooks.map((hook) => process.rawListeners(hook))).toEqual(before);
      expect(mine).not.toHaveBeenCalled();
      expect(once).not.toHaveBeenCalled();
    } finally {
      for (const hook of hooks) {
        process.removeListener(hook, mine);
        process.removeListener(hook, once);
      }
    }
  });

  it("gives the listeners back when the run itself breaks off", async () => {
    const before = process.rawListeners("unhandledRejection");
    const world = universe({ scheduler: { ...scheduler, eventBudget: 100 } });
    world.onBoot("a", async (host) => {
      for (;;) await host.sleep(1);
    });
    await expect(world.run()).rejects.toThrow("budget of 100 events");
    expect(process.rawListeners("unhandledRejection")).toEqual(before);
  });
});
