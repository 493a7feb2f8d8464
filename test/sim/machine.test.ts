import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { type Host, message, rpc } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import type { World } from "../../src/sim/world.js";
import { universe } from "../support/universe.js";

const NOTE = message<string>("note");
const ASK = rpc<number, number>("ask");

const crash = (at: number, length: number, target = "a", id = `crash ${at}`): Fault => ({
  kind: "crash",
  id,
  at,
  for: length,
  target,
});
const pause = (at: number, length: number, target = "a", id = `pause ${at}`): Fault => ({
  kind: "pause",
  id,
  at,
  for: length,
  target,
});

/** The ups and downs of host `a`, as `boot 1 @0`. */
function lives(world: World): string[] {
  return world.history.events.flatMap((event) =>
    event.kind === "host" && event.host === "a"
      ? [`${event.phase} ${event.incarnation} @${event.at / SECOND}`]
      : [],
  );
}

/** A world in which host `a` notes the time every 100 ms. */
function ticking(faults: readonly Fault[]) {
  const world = universe({ hosts: ["a", "b"], faults, duration: 20 * SECOND });
  const ticks: number[] = [];
  world.onBoot("a", async (host) => {
    for (;;) {
      await host.sleep(100 * MILLISECOND);
      ticks.push(world.now);
    }
  });
  const during = (from: number, to: number) => ticks.filter((tick) => tick > from && tick <= to).length;
  return { world, during };
}

describe("a crash", () => {
  it("ends a life for good, and a restart begins the next with only the disk", async () => {
    const world = universe({ faults: [crash(SECOND, SECOND)] });
    const seen: unknown[] = [];
    world.onBoot("a", async (host) => {
      seen.push(host.incarnation, host.disk.exists("kept"));
      host.disk.append("kept", new Uint8Array([1]));
      await host.disk.fsync("kept");
      host.disk.append("forgotten", new Uint8Array([1]));
    });
    await world.run();
    expect(seen).toEqual([1, false, 2, true]);
    expect(lives(world)).toEqual(["boot 1 @0", "crash 1 @1", "boot 2 @2"]);
    expect(world.faults.get("crash")).toEqual({ planned: 1, fired: 1 });
  });

  it("lets no await resume and no finally run, whatever was awaited", async () => {
    const world = universe({ faults: [crash(SECOND, SECOND)] });
    world.addExternal("bank", { create: () => ({ apply: () => ({ ok: true, value: 1, applied: true }) }) });
    const heard: string[] = [];
    world.onBoot("b", (host) => {
      host.onRequest(ASK, async (n) => {
        await host.sleep(2 * SECOND);
        return n;
      });
    });
    world.onBoot("a", async (host) => {
      if (host.incarnation > 1) return;
      const awaits: Record<string, () => Promise<unknown>> = {
        sleep: () => host.sleep(1_500 * MILLISECOND),
        request: () => host.request(ASK, "b", 1, 3 * SECOND),
        timeout: () => host.request(ASK, "c", 1, 1_500 * MILLISECOND),
        call: () => host.call("bank", "pay", "t", null, 10 * SECOND),
        fsync: () => host.disk.fsync("log"),
        timer: () => new Promise<void>((resolve) => void host.after(1_200 * MILLISECOND, resolve)),
      };
      await host.sleep(SECOND - 10);
      host.disk.append("log", new Uint8Array([1]));
      for (const [name, wait] of Object.entries(awaits)) {
        void (async () => {
          try {
            await wait();
            heard.push(`${name} resumed`);
          } finally {
            heard.push(`${name} cleaned up`);
          }
        })();
      }
    });
    await world.run();
    expect([heard, world.failure]).toEqual([[], undefined]);
  });

  it("makes every call on the old host do nothing", async () => {
    const world = universe({ faults: [crash(SECOND, SECOND)] });
    let old: Host | undefined;
    const heard: unknown[] = [];
    world.onBoot("b", (host) => host.onMessage(NOTE, (note) => heard.push(note)));
    world.onBoot("a", (host) => {
      old ??= host;
    });
    await world.run(5 * SECOND);
    old?.send(NOTE, "b", "from the grave");
    old?.after(1, () => heard.push("timer"));
    void old?.sleep(1).then(() => heard.push("sleep"));
    old?.record({ kind: "operator", operation: "grave", detail: {} });
    old?.reached("grave");
    old?.disk.append("grave", new Uint8Array([1]));
    expect(old?.buggify("grave")).toBe(false);
    await world.run();
    expect(heard).toEqual([]);
    expect(world.goals.size).toBe(0);
    expect(world.history.events.some((event) => event.kind === "operator")).toBe(false);
    expect(world.machine("a").incarnation?.disk.exists("grave")).toBe(false);
  });

  it("loses messages to the life that has ended, even when the next is up in time", async () => {
    const faults: Fault[] = [
      crash(SECOND, 10 * MILLISECOND),
      { kind: "slow-link", id: "s", at: 0, for: 10 * SECOND, from: "b", to: "a", factor: 500 },
    ];
    const world = universe({ faults });
    const heard: string[] = [];
    world.onBoot("a", (host) => host.onMessage(NOTE, (note) => heard.push(note)));
    world.onBoot("b", (host) => {
      host.after(990 * MILLISECOND, () => host.send(NOTE, "a", "to the first life"));
      host.after(1_020 * MILLISECOND, () => host.send(NOTE, "a", "to the second life"));
    });
    await world.run();
    expect(heard).toEqual(["to the second life"]);
  });

  it("loses replies to the life that asked", async () => {
    const world = universe({ faults: [crash(SECOND, 10 * MILLISECOND)] });
    const heard: unknown[] = [];
    let handled = 0;
    world.onBoot("b", (host) =>
      host.onRequest(ASK, async (n) => {
        handled++;
        await host.sleep(100 * MILLISECOND);
        return n;
      }),
    );
    world.onBoot("a", async (host) => {
      await host.sleep(950 * MILLISECOND);
      heard.push([host.incarnation, await host.request(ASK, "b", host.incarnation, SECOND)]);
    });
    await world.run();
    expect([handled, heard]).toEqual([2, [[2, 2]]]);
  });

  it("loses the reply that the crashed host was working on", async () => {
    const world = universe({ faults: [crash(SECOND, 10 * MILLISECOND, "b")] });
    const heard: unknown[] = [];
    world.onBoot("b", (host) =>
      host.onRequest(ASK, async (n) => {
        await host.sleep(100 * MILLISECOND);
        return n;
      }),
    );
    world.onBoot("a", async (host) => {
      await host.sleep(950 * MILLISECOND);
      heard.push(typeof (await host.request(ASK, "b", 1, SECOND)));
    });
    await world.run();
    expect(heard).toEqual(["symbol"]);
  });

  it("lets what was sent before it still arrive", async () => {
    const world = universe({ faults: [crash(SECOND, SECOND)] });
    const heard: string[] = [];
    world.onBoot("a", (host) => void host.after(SECOND - 1, () => host.send(NOTE, "b", "last words")));
    world.onBoot("b", (host) => host.onMessage(NOTE, (note) => heard.push(note)));
    await world.run(2 * SECOND);
    expect(heard).toEqual(["last words"]);
  });

  it("has not fired on a host that is down already", async () => {
    const { world, during } = ticking([crash(SECOND, 2 * SECOND), crash(2 * SECOND, 2 * SECOND)]);
    await world.run();
    expect(world.faults.get("crash")).toEqual({ planned: 2, fired: 1 });
    expect(during(SECOND, 4 * SECOND)).toBe(0);
    expect(lives(world)).toEqual(["boot 1 @0", "crash 1 @1", "boot 2 @4"]);
  });

  it("has not fired on a host whose first boot has not run, and takes none of its lives", async () => {
    const { world, during } = ticking([crash(0, SECOND)]);
    await world.run();
    expect(world.faults.get("crash")?.fired).toBe(0);
    expect(lives(world)).toEqual(["boot 1 @1"]);
    expect(during(0, 2 * SECOND)).toBe(10);
  });

  it("is over at once when it lasts no time", async () => {
    const { world } = ticking([crash(SECOND, 0)]);
    await world.run();
    expect(lives(world)).toEqual(["boot 1 @0", "crash 1 @1", "boot 2 @1"]);
  });
});

describe("crashes of one host that overlap", () => {
  it.each([
    ["one within the other", [crash(1 * SECOND, 5 * SECOND), crash(2 * SECOND, SECOND)], 6],
    ["one after the other begins", [crash(1 * SECOND, 3 * SECOND), crash(2 * SECOND, 4 * SECOND)], 6],
    ["the same twice", [crash(1 * SECOND, 2 * SECOND), crash(1 * SECOND, 2 * SECOND, "a", "again")], 3],
    ["one on the heels of the other", [crash(1 * SECOND, SECOND), crash(2 * SECOND, 2 * SECOND)], 4],
    [
      "a domain that is lost and a wiped disk",
      [
        { kind: "domain-loss", id: "d", at: SECOND, for: 3 * SECOND, target: "provider/aws" },
        { kind: "disk-wipe", id: "w", at: 2 * SECOND, for: 5 * SECOND, target: "a" },
      ],
      7,
    ],
  ] as const)("keep it down until the last has ended: %s", async (_, faults, upAt) => {
    const { world, during } = ticking(faults);
    await world.run();
    expect(during(SECOND, upAt * SECOND)).toBe(0);
    expect(during(upAt * SECOND, (upAt + 1) * SECOND)).toBe(10);
    expect(lives(world).at(-1)).toBe(`boot 2 @${upAt}`);
  });

  it("are harmless when one is taken back too often", async () => {
    const { world } = ticking([]);
    await world.run(SECOND);
    const machine = world.machine("a");
    machine.bringUp();
    machine.resume();
    expect(machine.takeDown()).toBe(true);
    machine.boot();
    expect(machine.up).toBe(false);
    machine.bringUp();
    expect(machine.up).toBe(true);
  });
});

describe("a pause", () => {
  it("makes everything wait while the clock goes on, and then come in its order", async () => {
    const world = universe({ faults: [pause(SECOND, 2 * SECOND)] });
    const seen: unknown[] = [];
    world.onBoot("a", (host) => {
      for (const at of [900, 1_500, 1_200]) {
        host.after(at * MILLISECOND, () =>
          seen.push([at, world.now / SECOND, host.clock.monotonic() / SECOND]),
        );
      }
      host.onMessage(NOTE, (note) => seen.push([note, world.now / SECOND]));
    });
    world.onBoot("b", (host) => void host.after(1_300 * MILLISECOND, () => host.send(NOTE, "a", "note")));
    await world.run();
    expect(seen).toEqual([
      [900, 0.9, 0.9],
      [1_200, 3, 3],
      ["note", 3],
      [1_500, 3, 3],
    ]);
    expect(lives(world)).toEqual(["boot 1 @0", "pause 1 @1", "resume 1 @3"]);
    expect(world.faults.get("pause")?.fired).toBe(1);
  });

  it("has not fired when nothing had to wait", async () => {
    const world = universe({ faults: [pause(SECOND, SECOND)] });
    await world.run();
    expect(world.faults.get("pause")?.fired).toBe(0);
  });

  it.each([
    ["one within the other", [pause(1 * SECOND, 5 * SECOND), pause(2 * SECOND, SECOND)], 6],
    ["one after the other begins", [pause(1 * SECOND, 3 * SECOND), pause(2 * SECOND, 4 * SECOND)], 6],
    ["the same twice", [pause(1 * SECOND, 2 * SECOND), pause(1 * SECOND, 2 * SECOND, "a", "again")], 3],
  ] as const)("lasts until the last that overlaps it has ended: %s", async (_, faults, until) => {
    const { world, during } = ticking(faults);
    await world.run();
    expect(during(SECOND, until * SECOND - 1)).toBe(0);
    expect(during(until * SECOND - 1, (until + 1) * SECOND)).toBeGreaterThanOrEqual(10);
    expect(lives(world)).toEqual(["boot 1 @0", "pause 1 @1", `resume 1 @${until}`]);
  });

  it("does not count as fired for what waits after its end because of another", async () => {
    const world = universe({ faults: [pause(SECOND, SECOND), pause(1_500 * MILLISECOND, 2 * SECOND)] });
    world.onBoot("a", (host) => void host.after(3 * SECOND, () => {}));
    await world.run();
    expect(world.faults.get("pause")).toEqual({ planned: 2, fired: 1 });
    const fired = world.history.events.filter((event) => event.kind === "fault" && event.phase === "fired");
    expect(fired).toMatchObject([{ fault: "pause 1500000" }]);
  });

  it("outlives a crash: the next boot waits for its end", async () => {
    const { world, during } = ticking([pause(SECOND, 4 * SECOND), crash(2 * SECOND, SECOND)]);
    await world.run();
    expect(during(SECOND, 5 * SECOND)).toBe(0);
    expect(lives(world)).toEqual(["boot 1 @0", "pause 1 @1", "crash 1 @2", "resume 2 @5", "boot 2 @5"]);
  });

  it("ends before the host is up again, and leaves nothing behind", async () => {
    const { world, during } = ticking([pause(SECOND, 2 * SECOND), crash(2 * SECOND, 3 * SECOND)]);
    await world.run();
    expect(during(SECOND, 5 * SECOND)).toBe(0);
    expect(during(5 * SECOND, 6 * SECOND)).toBe(10);
  });

  it("may begin while the host is down", async () => {
    const { world, during } = ticking([crash(SECOND, 2 * SECOND), pause(2 * SECOND, 3 * SECOND)]);
    await world.run();
    expect(during(SECOND, 5 * SECOND)).toBe(0);
    expect(during(5 * SECOND, 6 * SECOND)).toBe(10);
    expect(world.faults.get("pause")?.fired).toBe(1);
  });
});

describe("a crash point", () => {
  const at = (point: number, side: "before" | "after", id = `${side} ${point}`): Fault => ({
    kind: "crash-point",
    id,
    at: 0,
    for: 10 * SECOND,
    target: "a",
    point,
    side,
  });

  /** Host `a` writes 1, 2, 3 …, fsyncing each; what its second life finds, and what its first was told. */
  async function writes(faults: readonly Fault[], atOnce = false) {
    const world = universe({ hosts: ["a"], faults });
    const told: number[] = [];
    let found: number[] = [];
    world.onBoot("a", async (host) => {
      if (host.incarnation > 1) {
        for (const file of host.disk.list()) found.push(...(await host.disk.read(file)));
        return;
      }
      await host.sleep(MILLISECOND);
      const one = async (n: number) => {
        host.disk.append(`file ${n}`, new Uint8Array([n]));
        await host.disk.fsync(`file ${n}`);
        told.push(n);
      };
      if (atOnce) await Promise.all([1, 2, 3, 4, 5].map(one));
      else for (const n of [1, 2, 3, 4, 5]) await one(n);
    });
    await world.run();
    found = found.sort();
    return { world, told, found };
  }

  it("crashes just before the n-th durable write", async () => {
    const { world, told, found } = await writes([at(3, "before")]);
    expect(told).toEqual([1, 2]);
    expect(found.slice(0, 2)).toEqual([1, 2]);
    expect(found).not.toContain(4);
    expect(world.faults.get("crash-point")).toEqual({ planned: 1, fired: 1 });
  });

  it("crashes just after the n-th durable write, which holds though nobody was told", async () => {
    const { told, found } = await writes([at(3, "after")]);
    expect([told, found]).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
  });

  it("waits for n completions though all writes are under way at once", async () => {
    for (const point of [1, 2, 3, 4, 5]) {
      const { told, found } = await writes([at(point, "after")], true);
      expect(told).toHaveLength(point - 1);
      expect(found.length).toBeGreaterThanOrEqual(point);
    }
  });

  it("has not fired when fewer points were passed, and lets the host live", async () => {
    const { world, told } = await writes([at(6, "before"), at(6, "after")]);
    expect(told).toEqual([1, 2, 3, 4, 5]);
    expect(world.faults.get("crash-point")).toEqual({ planned: 2, fired: 0 });
    expect(world.machine("a").crashPoints).toBe(5);
    expect(world.machine("a").armed).toEqual([]);
  });

  it("is no more armed once its time is over", async () => {
    const { told } = await writes([{ ...at(1, "before"), for: 500 } as Fault]);
    expect(told).toEqual([1, 2, 3, 4, 5]);
  });

  it("counts for each of two that wait on one host", async () => {
    const { world, told } = await writes([at(2, "after"), at(2, "before")]);
    expect(told).toEqual([1]);
    expect(world.faults.get("crash-point")?.fired).toBe(1);
  });

  it("restarts the host when it ends, counted from when it was armed", async () => {
    const { world } = await writes([at(3, "before")]);
    expect(lives(world).at(-1)).toBe("boot 2 @10");
  });

  it("ignores what the dead code on the stack still does, throws included", async () => {
    const world = universe({ hosts: ["a", "b"], faults: [at(1, "before")] });
    const heard: string[] = [];
    world.onBoot("b", (host) => host.onMessage(NOTE, (note) => heard.push(note)));
    world.onBoot("a", async (host) => {
      if (host.incarnation > 1) return;
      await host.sleep(1);
      host.disk.append("log", new Uint8Array([1]));
      void host.disk.fsync("log");
      host.send(NOTE, "b", "after death");
      if (host.disk.size("log") !== 1) throw new Error("nothing of a dead host can be relied on");
    });
    await world.run();
    expect([heard, world.failure]).toEqual([[], undefined]);
    expect(lives(world)).toEqual(["boot 1 @0", "crash 1 @0.000001", "boot 2 @10"]);
  });

  describe("at an external call", () => {
    async function pays(side: "before" | "after") {
      const world = universe({ hosts: ["a"], faults: [at(2, side)] });
      const { ledger } = world.addExternal("bank", {
        create: () => ({ apply: ({ body }) => ({ ok: true, value: body, applied: true }) }),
      });
      const told: unknown[] = [];
      world.onBoot("a", async (host) => {
        if (host.incarnation > 1) return;
        for (const n of [1, 2, 3]) told.push(await host.call("bank", "pay", `t${n}`, n, 5 * SECOND));
      });
      await world.run();
      return { told: told.length, applied: ledger.map(({ body }) => body) };
    }

    it("crashes before anything of the n-th call has left", async () => {
      expect(await pays("before")).toEqual({ told: 1, applied: [1] });
    });

    it("crashes after the n-th call was applied and before anybody was told", async () => {
      expect(await pays("after")).toEqual({ told: 1, applied: [1, 2] });
    });
  });
});
