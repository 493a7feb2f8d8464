/** The recorder of timers: when each was set, as a consequence of what, when it was due, and what became of it. */
import { describe, expect, it } from "vitest";
import { type RecordedTimer, TimerRecorder } from "../../src/report/timer-recorder.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { type Host, rpc } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { World } from "../../src/sim/world.js";
import { planOf } from "../support/universe.js";

const END = 20 * SECOND;
const CRASH: Fault = { id: "f1", kind: "crash", at: 5 * SECOND, target: "a", for: SECOND };
const ASK = rpc<number, number>("ask");

interface Recorded {
  readonly world: World;
  readonly timers: readonly RecordedTimer[];
  readonly turnsOfFacts: readonly number[];
  readonly unrecorded: number;
}

async function recorded(
  boot: (host: Host) => void | Promise<void>,
  options: { readonly faults?: readonly Fault[]; readonly limit?: number } = {},
): Promise<Recorded> {
  const { faults = [], limit } = options;
  const world = new World(planOf({ hosts: ["a", "b"], faults, duration: END, healAt: END }));
  const recorder = new TimerRecorder(limit);
  recorder.attach(world);
  world.onBoot("a", boot);
  world.onBoot("b", (host) => {
    host.onRequest(ASK, async (n) => {
      if (n > 1) await new Promise<never>(() => {});
      return n;
    });
  });
  await world.run();
  return { world, ...recorder.log() };
}

const ends = (timers: readonly RecordedTimer[]): string[] =>
  timers.map(
    ({ kind, outcome, at, due, end }) => `${kind} ${at / SECOND} ${due / SECOND} ${outcome} ${end / SECOND}`,
  );

describe("the timers of a host", () => {
  it("are recorded with when they were set and due, and whether they fired, were cancelled or wait still", async () => {
    const { timers } = await recorded(async (host) => {
      const given = host.after(3 * SECOND, () => {});
      host.after(30 * SECOND, () => {});
      await host.sleep(SECOND);
      given.cancel();
      given.cancel();
    });
    expect(ends(timers)).toEqual(["timer 0 3 cancelled 1", "timer 0 30 waiting 20", "sleep 0 1 fired 1"]);
  });

  it("die in a crash, whatever code that is dead does with them", async () => {
    let old: { cancel(): void } | undefined;
    const { timers } = await recorded(
      (host) => {
        if (host.incarnation > 1) {
          old?.cancel();
          host.after(SECOND, () => {});
          return;
        }
        host.after(SECOND, () => {});
        old = host.after(9 * SECOND, () => {});
        void host.sleep(8 * SECOND);
      },
      { faults: [CRASH] },
    );
    expect(ends(timers)).toEqual([
      "timer 0 1 fired 1",
      "timer 0 9 lost 5",
      "sleep 0 8 lost 5",
      "timer 6 7 fired 7",
    ]);
  });

  it("have the time-outs of requests among them, which a reply cancels", async () => {
    const { timers } = await recorded(async (host) => {
      await host.request(ASK, "b", 1, SECOND);
      await host.request(ASK, "b", 2, SECOND);
    });
    expect(timers.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
      "time-out cancelled",
      "time-out fired",
    ]);
    expect(timers[0]?.request).toEqual({ name: "ask", to: "b" });
    expect(timers[0]?.end).toBeLessThan(timers[0]?.due ?? 0);
    expect(timers[1]?.end).toBe(timers[1]?.due);
  });

  it("know the fact that they are a consequence of, and in whose turn they were set", async () => {
    const { world, timers, turnsOfFacts } = await recorded(async (host) => {
      host.after(2 * SECOND, () => {});
      await host.sleep(SECOND);
      host.record({ kind: "operator", operation: "look", detail: {} });
      host.after(3 * SECOND, () => {});
    });
    const looked = world.history.events.find(({ kind }) => kind === "operator");
    const last = timers.at(-1);
    expect(last?.cause).toBe(looked?.id);
    expect(last?.turn).toBe(turnsOfFacts[looked?.id ?? -1]);
    expect(timers[0]?.cause).not.toBe(looked?.id);
    expect(timers[0]?.turn).not.toBe(last?.turn);
  });

  it("fire when their host goes on, and as its clock runs", async () => {
    const pause: Fault = { id: "p", kind: "pause", at: SECOND, target: "a", for: 4 * SECOND };
    const paused = await recorded((host) => void host.after(2 * SECOND, () => {}), { faults: [pause] });
    expect(ends(paused.timers)).toEqual(["timer 0 2 fired 5"]);
    const drift: Fault = {
      ...{ id: "d", kind: "clock-drift", at: SECOND, target: "a" },
      ...{ for: 10 * SECOND, ppm: -500_000 },
    };
    const slow = await recorded((host) => void host.after(2 * SECOND, () => {}), { faults: [drift] });
    expect(ends(slow.timers)).toEqual(["timer 0 2 fired 3"]);
  });

  it("are counted where there is no more room for them", async () => {
    const { timers, unrecorded } = await recorded(
      (host) => {
        for (let i = 0; i < 10; i++) host.after(SECOND, () => {});
      },
      { limit: 4 },
    );
    expect([timers.length, unrecorded]).toEqual([4, 6]);
  });

  it("run as they do when nobody looks: the universe is the same", async () => {
    const boot = async (host: Host): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        const late = host.after(700 * MILLISECOND, () => {
          host.record({ kind: "operator", operation: "late", detail: { i } });
        });
        await host.request(ASK, "b", 1 + (i % 2), 300 * MILLISECOND);
        await host.sleep(200 * MILLISECOND);
        if (i % 3 === 0) late.cancel();
      }
    };
    const drift: Fault = {
      ...{ id: "d", kind: "clock-drift", at: SECOND, target: "a" },
      ...{ for: 2 * SECOND, ppm: 300_000 },
    };
    const { world } = await recorded(boot, { faults: [drift, CRASH] });
    const alone = new World(world.plan);
    alone.onBoot("a", boot);
    alone.onBoot("b", (host) => {
      host.onRequest(ASK, async (n) => {
        if (n > 1) await new Promise<never>(() => {});
        return n;
      });
    });
    await alone.run();
    expect(alone.history.events.length).toBeGreaterThan(10);
    expect(alone.scheduler.traceHash).toBe(world.scheduler.traceHash);
  });
});
