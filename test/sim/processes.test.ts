/** Processes that end themselves, hosts that never return, and upgrades: as the code on them and its neighbours see it. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { type Host, rpc, TIMED_OUT } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { World } from "../../src/sim/world.js";
import { CODE_FAILURE, runOn } from "../../src/storm/run.js";
import { planOf, universe } from "../support/universe.js";

const END = 60 * SECOND;
const restarts = { first: 100 * MILLISECOND, longest: SECOND };
const ASK = rpc<string, string>("ask");
const bytes = (text: string) => new TextEncoder().encode(text);

/** A universe whose processes may end themselves. */
function restarting(faults: readonly Fault[] = []): World {
  return new World({ ...planOf({ hosts: ["a", "b"], faults, duration: END, healAt: END }), restarts });
}

describe("a process that ends itself", () => {
  it("runs nothing more, and is started again after pauses that double", async () => {
    const world = restarting();
    const boots: number[] = [];
    const after: string[] = [];
    world.onBoot("a", (host) => {
      boots.push(world.now);
      host.after(SECOND, () => {
        host.after(1, () => after.push("a timer"));
        try {
          host.exit("tired");
        } finally {
          host.record({ kind: "operator", operation: "too late", detail: {} });
        }
      });
    });
    await world.run(9 * SECOND);
    expect(world.failure).toBeUndefined();
    expect(after).toEqual([]);
    expect(world.history.events.filter(({ kind }) => kind === "operator")).toEqual([]);
    const pauses = boots.slice(1).map((at, i) => at - (boots[i] ?? 0) - SECOND);
    expect(pauses).toEqual([100, 200, 400, 800, 1_000].map((ms) => ms * MILLISECOND));
  });

  it("begins with the first pause again once a life has lasted", async () => {
    const world = restarting();
    const boots: number[] = [];
    const lives = [SECOND, SECOND, 11 * SECOND, 40 * SECOND];
    world.onBoot("a", (host) => {
      boots.push(world.now);
      host.after(lives[host.incarnation - 1] ?? END, () => host.exit("tired"));
    });
    await world.run(20 * SECOND);
    expect(boots.map((at, i) => (i === 0 ? 0 : at - (boots[i - 1] ?? 0) - (lives[i - 1] ?? 0)))).toEqual([
      0,
      100 * MILLISECOND,
      200 * MILLISECOND,
      100 * MILLISECOND,
    ]);
  });

  it("does so by an exception or a rejection that nobody handles, and the history says so", async () => {
    const world = restarting();
    world.onBoot("a", async (host) => {
      if (host.incarnation === 1) host.after(SECOND, () => JSON.parse("{"));
      if (host.incarnation === 2) await Promise.reject(new Error("no memory left"));
    });
    await world.run();
    expect(world.failure).toBeUndefined();
    const ends = world.history.events.flatMap((event) =>
      event.kind === "host" && event.phase === "crash" ? [event.exit ?? ""] : [],
    );
    expect(ends).toEqual([expect.stringMatching(/^uncaught SyntaxError/), "uncaught Error: no memory left"]);
  });

  it("keeps what it has written, synced or not, until the power fails", async () => {
    const world = restarting([
      { id: "power", kind: "crash", at: 1_050 * MILLISECOND, for: 5 * SECOND, target: "b" },
    ]);
    const found: Record<string, string[]> = { a: [], b: [] };
    const boot = (host: Host): void => {
      found[host.id]?.push(String(host.disk.size("log")));
      if (host.incarnation > 1) return;
      for (let n = 0; n < 40; n++) host.disk.append("log", bytes(`line ${n}\n`));
      host.after(SECOND, () => host.exit("done"));
    };
    world.onBoot("a", boot);
    world.onBoot("b", boot);
    await world.run();
    expect(found.a).toEqual(["0", "310"]);
    // Its power fails while the supervisor waits: nothing was synced, and the file itself may be gone.
    expect(found.b?.[1]).not.toBe("310");
  });

  it("ends the run where the plan does not say that it is started again, in a sentence", async () => {
    const system = {
      id: "exits",
      title: "exits",
      properties: [],
      defects: [],
      build: (world: World) =>
        world.onBoot("a", (host) => void host.after(SECOND, () => host.exit("out of memory"))),
    };
    const outcome = await runOn(system, planOf({ duration: END, healAt: END }));
    expect(outcome.violations).toMatchObject([
      {
        property: CODE_FAILURE,
        message:
          'The code on a ended its process at 1.000 s (out of memory), and nothing starts it again: a scenario that allows that has "restarts".',
      },
    ]);
  });

  it("lets those who wait for it know at once, unlike a crash", async () => {
    const waits: Record<string, number> = {};
    for (const kind of ["exit", "crash"] as const) {
      const at = 2 * SECOND;
      const fault: Fault =
        kind === "exit"
          ? { id: "f", kind, at, for: SECOND, target: "b", up: SECOND, reason: "exception" }
          : { id: "f", kind, at, for: SECOND, target: "b" };
      const world = universe({ hosts: ["a", "b"], faults: [fault], duration: END });
      world.onBoot("b", (host) => host.onRequest(ASK, () => new Promise<string>(() => {})));
      world.onBoot("a", async (host) => {
        await host.sleep(SECOND);
        expect(await host.request(ASK, "b", "anybody there?", 20 * SECOND)).toBe(TIMED_OUT);
        waits[kind] = world.now;
      });
      await world.run();
    }
    expect(waits).toEqual({ exit: 2 * SECOND, crash: 21 * SECOND });
  });

  it("is up again when the fault that makes it crash in a loop is over", async () => {
    const fault: Fault = {
      ...{ id: "f", kind: "exit", at: 5 * SECOND, for: 5 * SECOND, target: "a" },
      ...{ up: 10 * MILLISECOND, reason: "out-of-memory" },
    };
    const world = universe({ hosts: ["a"], faults: [fault], duration: END, healAt: 10 * SECOND });
    const boots: number[] = [];
    world.onBoot("a", () => void boots.push(world.now));
    await world.run();
    expect(boots.slice(1, 4)).toEqual([5_100_000, 5_310_000, 5_720_000]);
    expect(boots.at(-1)).toBeLessThanOrEqual(10 * SECOND);
    expect(world.machine("a").up).toBe(true);
  });
});

describe("a host that never returns", () => {
  it("is gone for the rest of the run, whatever else begins or ends on it", async () => {
    const world = universe({
      hosts: ["a", "b"],
      faults: [
        { id: "before", kind: "crash", at: SECOND, for: 4 * SECOND, target: "a" },
        { id: "gone", kind: "host-loss", at: 3 * SECOND, target: "a" },
        { id: "after", kind: "exit", at: 6 * SECOND, for: SECOND, target: "a", up: SECOND, reason: "exit" },
      ],
      duration: END,
      healAt: 10 * SECOND,
    });
    const boots: number[] = [];
    world.onBoot("a", () => void boots.push(world.now));
    let reply: unknown;
    world.onBoot("b", async (host) => {
      await host.sleep(40 * SECOND);
      reply = await host.request(ASK, "a", "anybody there?", SECOND);
    });
    await world.run();
    expect(boots).toEqual([0]);
    expect(reply).toBe(TIMED_OUT);
    const gone = world.history.events.filter((event) => event.kind === "host" && event.phase === "gone");
    expect(gone).toMatchObject([{ host: "a", at: 3 * SECOND }]);
  });
});

describe("an upgrade", () => {
  it("brings hosts back one after the other with other settings, which they keep", async () => {
    const settings = { version: 2, batch: 10 };
    const upgradeOf = (target: string, at: number): Fault => ({
      ...{ id: `up-${target}`, kind: "upgrade", target, settings },
      ...{ at: at * SECOND, for: SECOND },
    });
    const world = new World({
      ...planOf({ hosts: ["a", "b", "c"], duration: END, healAt: END }),
      knobs: { version: 1, batch: 5, wait: 7 },
      faults: [
        upgradeOf("a", 2),
        upgradeOf("b", 4),
        { id: "later", kind: "crash", at: 10 * SECOND, for: SECOND, target: "a" },
      ],
    });
    const lives: string[] = [];
    for (const id of ["a", "b", "c"])
      world.onBoot(id, ({ knobs }) => {
        lives.push(`${id} ${world.now / SECOND} v${knobs.version} ${knobs.batch} ${knobs.wait}`);
      });
    await world.run();
    expect(lives).toEqual([
      ...["a 0 v1 5 7", "b 0 v1 5 7", "c 0 v1 5 7"].sort((x, y) => lives.indexOf(x) - lives.indexOf(y)),
      "a 3 v2 10 7",
      "b 5 v2 10 7",
      "a 11 v2 10 7",
    ]);
  });

  it("loses nothing that was written: only the process was stopped", async () => {
    const fault: Fault = {
      id: "f",
      kind: "upgrade",
      at: SECOND,
      for: SECOND,
      target: "a",
      settings: { v: 2 },
    };
    const world = universe({ hosts: ["a"], faults: [fault], duration: END });
    const sizes: number[] = [];
    world.onBoot("a", (host) => {
      sizes.push(host.disk.size("log"));
      host.disk.append("log", new Uint8Array(100));
    });
    await world.run();
    expect(sizes).toEqual([0, 100]);
  });
});
