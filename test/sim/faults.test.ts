import { describe, expect, it } from "vitest";
import {
  CATALOGUE,
  durationOf,
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  targetOf,
} from "../../src/sim/faults/catalogue.js";
import { type Host, message } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import type { World } from "../../src/sim/world.js";
import { universe } from "../support/universe.js";

const END = 20 * SECOND;
const timing = { id: "f", at: SECOND, for: 5 * SECOND };
const onHost = { ...timing, target: "a" };
const onLink = { ...timing, from: "a", to: "b" };
const onDisk = { id: "f", at: SECOND, target: "a" };
const onBank = { ...timing, target: "external/bank" };

/** One fault of each kind, strong enough to be met by hosts that do a bit of everything. */
const ONE_OF_EACH: { readonly [K in FaultKind]: Extract<Fault, { kind: K }> } = {
  crash: { ...onHost, kind: "crash" },
  pause: { ...onHost, kind: "pause" },
  "crash-point": { ...onHost, kind: "crash-point", point: 3, side: "before" },
  "domain-loss": { ...onHost, kind: "domain-loss", target: "zone/aws/us-east/a" },
  partition: { ...timing, kind: "partition", a: ["a"], b: ["*"], oneWay: false },
  clog: { ...onLink, kind: "clog" },
  loss: { ...onLink, kind: "loss", ratio: 0.5 },
  duplication: { ...onLink, kind: "duplication", ratio: 0.5 },
  reorder: { ...onLink, kind: "reorder", ratio: 0.5, by: 50_000 },
  "slow-link": { ...onLink, kind: "slow-link", factor: 10 },
  "flaky-link": { ...onLink, kind: "flaky-link", up: 300_000, down: 300_000 },
  bandwidth: { ...onLink, kind: "bandwidth", bytesPerSecond: 10_000 },
  "bit-rot": { ...onDisk, kind: "bit-rot" },
  "misdirected-write": { ...onDisk, kind: "misdirected-write" },
  "latent-sector-error": { ...onDisk, kind: "latent-sector-error" },
  "fsync-failure": { ...onDisk, kind: "fsync-failure" },
  "disk-full": { ...onHost, kind: "disk-full" },
  "disk-slow": { ...onHost, kind: "disk-slow", factor: 20 },
  "disk-stall": { ...onHost, kind: "disk-stall" },
  "disk-wipe": { ...onHost, kind: "disk-wipe" },
  "clock-skew": { ...onHost, kind: "clock-skew", by: 70_000 },
  "clock-drift": { ...onHost, kind: "clock-drift", ppm: 50_000 },
  "clock-jump": { ...onDisk, kind: "clock-jump", by: 70_000 },
  "clock-strobe": { ...onHost, kind: "clock-strobe", by: 70_000, period: 300_000 },
  "clock-freeze": { ...onHost, kind: "clock-freeze" },
  "external-slow": { ...onBank, kind: "external-slow", factor: 5 },
  "external-errors": { ...onBank, kind: "external-errors", ratio: 0.5 },
  "external-hang": { ...onBank, kind: "external-hang", ratio: 0.5 },
  "external-lost-reply": { ...onBank, kind: "external-lost-reply", ratio: 0.5 },
  exit: { ...onHost, kind: "exit", up: 300_000, reason: "out-of-memory" },
  "host-loss": { ...onDisk, kind: "host-loss" },
  upgrade: { ...onHost, kind: "upgrade", settings: { version: 2 } },
  "connection-reset": { ...onLink, kind: "connection-reset", period: 7_000 },
  "half-open": { ...onLink, kind: "half-open" },
  "dns-failure": { ...onHost, at: 0, kind: "dns-failure" },
  "leap-second": { ...onDisk, kind: "leap-second", smear: 0 },
  "wrong-zone": { ...onHost, kind: "wrong-zone", zone: "Asia/Kolkata" },
  "external-status": { ...onBank, kind: "external-status", ratio: 0.5, status: 503 },
  "external-rate-limit": { ...onBank, kind: "external-rate-limit", perSecond: 1 },
  "external-reset": { ...onBank, kind: "external-reset", ratio: 0.5 },
};

const NOTE = message<number>("note");

/** Talks, writes, reads the clock and calls outside, every 100 ms. */
async function everything(host: Host): Promise<void> {
  host.onMessage(NOTE, () => host.record({ kind: "operator", operation: "note", detail: {} }));
  for (let n = 0; n < 150; n++) {
    await host.sleep(100 * MILLISECOND);
    host.clock.local();
    for (const to of ["a", "b", "c"]) if (to !== host.id) host.send(NOTE, to, n);
    try {
      host.disk.write("data", 512 * (n % 8), new Uint8Array(512).fill(n + 1));
      host.disk.append("log", new Uint8Array([n]));
      await host.disk.fsync("data");
      await host.disk.read("data");
    } catch (error) {
      host.record({ kind: "operator", operation: "disk", detail: { error: String(error) } });
    }
    if (n % 10 === 0)
      await host.call("bank", "pay", `${host.id}/${host.incarnation}/${n}`, n, 500 * MILLISECOND);
  }
}

function busy(faults: readonly Fault[], seed = 1): World {
  const world = universe({ faults, seed, duration: END, healAt: END });
  world.addExternal("bank", { create: () => ({ apply: () => ({ ok: true, value: 1, applied: true }) }) });
  for (const id of ["a", "b", "c"]) world.onBoot(id, everything);
  return world;
}

describe.each(FAULT_KINDS)("a fault of kind %s", (kind) => {
  const fault = ONE_OF_EACH[kind];

  it("fires once when hosts meet it, and the history tells when it began, fired and ended", async () => {
    const world = busy([fault]);
    await world.run();
    expect(world.failure).toBeUndefined();
    expect(world.faults.get(kind)).toEqual({ planned: 1, fired: 1 });
    const facts = world.history.events.filter((event) => event.kind === "fault");
    const phases = durationOf(fault) > 0 ? ["start", "fired", "end"] : ["start", "fired"];
    expect(facts.map(({ phase }) => phase)).toEqual(phases);
    expect(facts).toMatchObject(
      phases.map(() => ({ host: "world", fault: "f", faultKind: kind, target: targetOf(fault) })),
    );
    expect(facts[0]?.at).toBe(fault.at);
    if (durationOf(fault) > 0) expect(facts[2]?.at).toBe(fault.at + durationOf(fault));
  });

  it("has not fired in a universe where every host is down", async () => {
    const down: Fault = { kind: "crash", id: "down", at: 0, for: END, target: "*" };
    const world = busy([down, fault]);
    await world.run();
    expect(world.faults.get(kind)?.fired).toBe(0);
  });

  it("changes what happens, the same way each time", async () => {
    const [sound, once, again] = [busy([]), busy([fault]), busy([fault])];
    for (const world of [sound, once, again]) await world.run();
    const told = (world: World) =>
      world.history.events.filter((event) => event.kind !== "fault").map(({ id, cause, ...rest }) => rest);
    expect(again.scheduler.traceHash).toBe(once.scheduler.traceHash);
    expect(again.history.events).toEqual(once.history.events);
    // What a clock shows or a disk holds is seen by reading it, and is in no fact of these hosts.
    if (!/^clock-(?!drift)|^bit-rot|^misdirected|^leap|zone$/.test(kind))
      expect(told(once)).not.toEqual(told(sound));
  });

  it("says in a sentence what it does", () => {
    expect(CATALOGUE[kind].does).toMatch(/^[a-z].{10,}[^.]$/);
  });
});

describe("a fault that ends when the universe heals", () => {
  const healAt = 6 * SECOND;
  const lasting = Object.values(ONE_OF_EACH).filter((fault) => durationOf(fault) > 0);

  it.each(lasting.map((fault) => [fault.kind, fault] as const))(
    "is not active any more at that very microsecond: %s",
    async (_, fault) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const world = universe({ seed, faults: [fault], duration: END, healAt });
        const heard: string[] = [];
        world.onBoot("b", (host) => host.onMessage(NOTE, (_, from) => heard.push(from)));
        world.onBoot("a", (host) => {
          const wait = healAt - world.now;
          if (host.incarnation > 1 && wait > 0) return;
          const check = () => {
            const { clock } = host;
            if (fault.kind !== "clock-drift") expect(clock.now()).toBe(world.now);
            host.send(NOTE, "b", 1);
            host.disk.append("log", new Uint8Array([1]));
          };
          if (wait > 0) host.after(wait, check);
          else check();
        });
        await world.run(healAt);
        const sent = world.now;
        await world.run();
        expect(world.failure).toBeUndefined();
        if (fault.kind !== "clock-drift") expect(heard).toEqual(["a"]);
        expect(sent).toBe(healAt);
        expect(world.machines.every(({ up, lane }) => up && !lane.paused)).toBe(true);
      }
    },
  );

  it.each(["fsync-failure", "misdirected-write"] as const)(
    "calls off a %s that met nothing to strike",
    async (kind) => {
      const world = universe({ faults: [{ id: "f", at: SECOND, target: "a", kind }], duration: END, healAt });
      world.onBoot("a", async (host) => {
        await host.sleep(healAt);
        for (const byte of [1, 2]) {
          host.disk.append("log", new Uint8Array(512).fill(byte));
          await host.disk.fsync("log");
        }
        expect([...(await host.disk.read("log"))].filter((byte) => byte === 2)).toHaveLength(512);
      });
      await world.run();
      expect([world.failure, world.faults.get(kind)?.fired]).toEqual([undefined, 0]);
    },
  );
});

describe("faults of a disk, as code under test sees them", () => {
  /** Runs `body` on host `a` from 0 on, with the fault from 1 s to 6 s. */
  async function on(fault: Fault, body: (host: Host, now: () => number) => Promise<void>): Promise<World> {
    const world = universe({ hosts: ["a"], faults: [fault], duration: END });
    world.onBoot("a", (host) => body(host, () => world.now));
    await world.run();
    expect(world.failure).toBeUndefined();
    expect(world.faults.get(fault.kind)?.fired).toBe(1);
    return world;
  }
  const bytes = (n: number) => new Uint8Array(512).fill(n);

  it("full: nothing grows until it ends", async () => {
    await on(ONE_OF_EACH["disk-full"], async (host) => {
      host.disk.append("log", bytes(1));
      await host.sleep(2 * SECOND);
      expect(() => host.disk.append("log", bytes(2))).toThrow("ENOSPC");
      host.disk.write("log", 0, bytes(3));
      await host.sleep(5 * SECOND);
      host.disk.append("log", bytes(2));
      expect(host.disk.size("log")).toBe(1024);
    });
  });

  it("slow: an fsync takes many times as long", async () => {
    await on(ONE_OF_EACH["disk-slow"], async (host, now) => {
      const total = async (): Promise<number> => {
        const began = now();
        for (let n = 0; n < 50; n++) {
          host.disk.append("log", bytes(n));
          await host.disk.fsync("log");
        }
        return now() - began;
      };
      const sound = await total();
      await host.sleep(2 * SECOND);
      expect(await total()).toBeGreaterThan(5 * sound);
    });
  });

  it("stalled: an fsync waits until it ends", async () => {
    await on(ONE_OF_EACH["disk-stall"], async (host, now) => {
      await host.sleep(2 * SECOND);
      host.disk.append("log", bytes(1));
      await host.disk.fsync("log");
      expect(now()).toBeGreaterThanOrEqual(6 * SECOND);
    });
  });

  it("an fsync that fails: once, and what it was for is gone after a crash", async () => {
    const crash: Fault = { kind: "crash", id: "c", at: 3 * SECOND, for: SECOND, target: "a" };
    const world = universe({ hosts: ["a"], faults: [ONE_OF_EACH["fsync-failure"], crash] });
    let survived: number[] = [];
    world.onBoot("a", async (host) => {
      if (host.incarnation > 1) {
        survived = [...(await host.disk.read("log"))];
        return;
      }
      host.disk.append("log", bytes(1));
      await host.disk.fsync("log");
      await host.sleep(2 * SECOND);
      host.disk.write("log", 0, bytes(2));
      await expect(host.disk.fsync("log")).rejects.toThrow("EIO");
      await host.disk.fsync("log");
    });
    await world.run();
    expect(world.failure).toBeUndefined();
    expect(new Set(survived)).toEqual(new Set([1]));
  });

  it.each(["bit-rot", "latent-sector-error", "misdirected-write"] as const)(
    "%s: what was written is not what is read",
    async (kind) => {
      await on(ONE_OF_EACH[kind], async (host) => {
        host.disk.append("log", bytes(1));
        await host.disk.fsync("log");
        await host.sleep(2 * SECOND);
        host.disk.append("other", bytes(2));
        await host.disk.fsync("other");
        const read = async (file: string) =>
          host.disk.read(file).then(
            (data) => new Set(data),
            (error: Error) => error.message.slice(0, 3),
          );
        expect([await read("log"), await read("other")]).not.toEqual([new Set([1]), new Set([2])]);
      });
    },
  );

  it("wiped: the next life finds an empty disk", async () => {
    const found: string[][] = [];
    await on(ONE_OF_EACH["disk-wipe"], async (host) => {
      found.push(host.disk.list());
      host.disk.append("log", bytes(1));
      await host.disk.fsync("log");
    });
    expect(found).toEqual([[], []]);
  });

  it("strike several hosts each in a place of its own", async () => {
    const world = universe({ faults: [{ ...ONE_OF_EACH["bit-rot"], target: "*" }] });
    const places = new Set<number>();
    for (const id of ["a", "b", "c"]) {
      world.onBoot(id, async (host) => {
        host.disk.append("log", new Uint8Array(100_000));
        await host.disk.fsync("log");
        await host.sleep(2 * SECOND);
        places.add((await host.disk.read("log")).findIndex((byte) => byte !== 0));
      });
    }
    await world.run();
    expect(places.size).toBe(3);
  });

  it("last until each of two that overlap has ended", async () => {
    const full = ONE_OF_EACH["disk-full"];
    const world = universe({
      hosts: ["a"],
      faults: [full, { ...full, id: "g", at: 2 * SECOND, for: 8 * SECOND }],
    });
    let refusedUntil = 0;
    world.onBoot("a", async (host) => {
      for (;;) {
        await host.sleep(SECOND / 2);
        try {
          host.disk.append("log", bytes(1));
        } catch {
          refusedUntil = world.now;
        }
      }
    });
    await world.run();
    expect(refusedUntil).toBe(9_500_000);
    expect(world.faults.get("disk-full")).toEqual({ planned: 2, fired: 2 });
  });
});

describe("a fault taken out of a plan", () => {
  it("leaves the draws of every host and of the faults on other links as they were", async () => {
    const kept: Fault[] = [
      { ...onLink, id: "k1", kind: "loss", ratio: 0.4 },
      { ...onLink, id: "k2", kind: "duplication", ratio: 0.4 },
    ];
    const taken: Fault[] = [
      { ...timing, id: "t1", kind: "reorder", from: "b", to: "c", ratio: 0.5, by: 90_000 },
      { ...timing, id: "t2", kind: "loss", from: "c", to: "a", ratio: 0.5 },
      { ...onDisk, id: "t3", kind: "bit-rot", target: "c" },
    ];
    const seen = async (faults: readonly Fault[]) => {
      const world = universe({ faults, duration: END });
      const notes: unknown[] = [];
      const draws: Record<string, number[]> = { a: [], b: [], c: [] };
      for (const id of ["a", "b", "c"]) {
        world.onBoot(id, async (host) => {
          host.onMessage(NOTE, (n, from) => {
            if (`${from}${id}` === "ab") notes.push([n, world.now]);
          });
          for (let n = 0; n < 100; n++) {
            await host.sleep(50 * MILLISECOND);
            draws[id]?.push(host.random.uint32());
            for (const to of ["a", "b", "c"]) if (to !== id) host.send(NOTE, to, n);
          }
        });
      }
      await world.run();
      return { notes, draws };
    };
    expect(await seen(kept)).toEqual(await seen([...taken, ...kept]));
  });
});

describe("a fault's target, in words", () => {
  it("is a machine, a link or two sides", () => {
    expect(targetOf(ONE_OF_EACH.crash)).toBe("a");
    expect(targetOf(ONE_OF_EACH.loss)).toBe("a → b");
    expect(targetOf(ONE_OF_EACH.partition)).toBe("a ↔ *");
    expect(targetOf({ ...ONE_OF_EACH.partition, oneWay: true })).toBe("a → *");
  });
});
