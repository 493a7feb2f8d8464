import { describe, expect, it, vi } from "vitest";
import { Lane } from "../../src/sim/events.js";
import { EventBudgetExceeded, Scheduler } from "../../src/sim/scheduler.js";

const END = 1_000_000;

/** A scheduler that notes the names of what it dispatches. */
function noting(options: ConstructorParameters<typeof Scheduler>[0] = {}) {
  const scheduler = new Scheduler(options);
  const lane = new Lane(1, "a", 1);
  const noted: string[] = [];
  const note = (name: string): void => {
    noted.push(name);
  };
  const at = (time: number, name: string, on = lane) => scheduler.schedule(time, on, name, 1, note, name, 0);
  const run = (until = END) =>
    scheduler.run(until, (_, error) => {
      throw error;
    });
  return { scheduler, lane, noted, at, run };
}

describe("the scheduler", () => {
  it("dispatches by time, whatever the order in which events were scheduled", async () => {
    const { noted, at, run } = noting();
    for (const time of [50, 10, 40, 20, 30]) at(time, `${time}`);
    await run();
    expect(noted).toEqual(["10", "20", "30", "40", "50"]);
  });

  it("keeps thousands of events in order while others are taken out", async () => {
    const { scheduler, lane, run } = noting();
    const times: number[] = [];
    const events = Array.from({ length: 5_000 }, (_, i) => {
      const time = (i * 7_919) % 5_003;
      return scheduler.schedule(time, lane, "", 1, (t: number) => times.push(t), time, 0);
    });
    events.forEach((event, i) => {
      if (i % 3 === 0) scheduler.cancel(event);
    });
    await run();
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times).toHaveLength(events.length - Math.ceil(events.length / 3));
  });

  it("breaks ties by the seed and by nothing else", async () => {
    const orderOf = async (seed: number): Promise<string> => {
      const { noted, at, run } = noting();
      for (const name of "abcdef") at(5, name, new Lane(1, name, seed));
      await run();
      return noted.join("");
    };
    expect(await orderOf(1)).toBe(await orderOf(1));
    const orders = await Promise.all([1, 2, 3, 4, 5, 6].map(orderOf));
    expect(new Set(orders).size).toBeGreaterThan(1);
  });

  it("keeps the order of other lanes' ties when one lane is taken out", async () => {
    const orderOf = async (lanes: string): Promise<string> => {
      const { noted, at, run } = noting();
      for (const name of lanes) at(5, name, new Lane(1, name, 1));
      await run();
      return noted.join("");
    };
    expect(await orderOf("abdef")).toBe((await orderOf("abcdef")).replace("c", ""));
  });

  it("lets a first lane come before all others at the same time", async () => {
    const { noted, at, run } = noting();
    for (const name of "abcdef") at(5, name, new Lane(1, name, 1));
    at(5, "storm", new Lane(0, "world", 1, "world", true));
    await run();
    expect(noted[0]).toBe("storm");
  });

  it("never goes back: what is due in the past is due now", async () => {
    const { scheduler, lane, at, noted, run } = noting();
    scheduler.schedule(100, lane, "", 1, () => at(3, "late"), 0, 0);
    await run();
    expect(noted).toEqual(["late"]);
    expect(scheduler.now).toBe(END);
  });

  it("stops at the time it was told, and goes on from there", async () => {
    const { scheduler, noted, at, run } = noting();
    at(10, "first");
    at(20, "second");
    await run(15);
    expect([scheduler.now, ...noted]).toEqual([15, "first"]);
    await run(20);
    expect(noted).toEqual(["first", "second"]);
  });

  it("does not dispatch what was cancelled, and takes a second cancelling as harmless", async () => {
    const { scheduler, noted, at, run } = noting();
    const event = at(10, "cancelled");
    at(11, "kept");
    scheduler.cancel(event);
    scheduler.cancel(event);
    await run();
    scheduler.cancel(event);
    expect(noted).toEqual(["kept"]);
  });

  it("drops the events of a lane's ended epoch", async () => {
    const { lane, noted, at, run } = noting();
    at(10, "old");
    lane.epoch++;
    at(10, "new");
    await run();
    expect(noted).toEqual(["new"]);
  });

  it("holds a paused lane's events and gives them in their order when it is resumed", async () => {
    const { scheduler, lane, noted, at, run } = noting();
    const other = new Lane(2, "b", 1);
    lane.paused = true;
    at(10, "one");
    at(20, "two");
    at(25, "meanwhile", other);
    scheduler.schedule(30, other, "", 1, () => scheduler.resume(lane), 0, 0);
    at(40, "three");
    await run();
    expect(noted).toEqual(["meanwhile", "one", "two", "three"]);
  });

  it("lets an event be cancelled while its paused lane holds it", async () => {
    const { scheduler, lane, noted, at, run } = noting();
    lane.paused = true;
    const event = at(10, "cancelled");
    at(10, "kept");
    await run(20);
    scheduler.cancel(event);
    scheduler.resume(lane);
    await run();
    expect(noted).toEqual(["kept"]);
  });

  it("moves the events of one lane that run the given actions, and no others", async () => {
    const { scheduler, lane, noted, at, run } = noting();
    const fixed = (name: string): void => void noted.push(name);
    const moving = (name: string): void => void noted.push(`${name} at ${scheduler.now}`);
    scheduler.schedule(10, lane, "", 1, moving, "timer", 0);
    scheduler.schedule(20, lane, "", 1, fixed, "packet", 0);
    scheduler.schedule(10, new Lane(2, "b", 1), "", 1, moving, "other lane's timer", 0);
    expect(scheduler.retime(lane, new Set([moving]), (time) => time * 3)).toBe(true);
    at(25, "between");
    await run();
    expect(noted).toEqual(["other lane's timer at 10", "packet", "between", "timer at 30"]);
  });

  it("ends a run that passes its budget of events", async () => {
    const { scheduler, lane, run } = noting({ eventBudget: 1_000 });
    const again = (): void => {
      scheduler.schedule(scheduler.now + 1, lane, "", 1, again, 0, 0);
    };
    again();
    await expect(run()).rejects.toThrow(EventBudgetExceeded);
  });

  it("folds every event into the trace hash: when, where and what", async () => {
    const hashOf = async (time: number, lane: Lane, code: number): Promise<string> => {
      const scheduler = new Scheduler();
      scheduler.schedule(time, lane, "", code, () => {}, 0, 0);
      await scheduler.run(END, () => {});
      return scheduler.traceHash;
    };
    const lane = () => new Lane(1, "a", 1);
    const hash = await hashOf(5, lane(), 1);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(await hashOf(5, lane(), 1)).toBe(hash);
    expect(await hashOf(6, lane(), 1)).not.toBe(hash);
    expect(await hashOf(5, new Lane(2, "b", 1), 1)).not.toBe(hash);
    expect(await hashOf(5, lane(), 2)).not.toBe(hash);
  });

  it("has Node's warnings wait until a run is over, but for those that were seen to", async () => {
    const real = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const { scheduler, lane } = noting();
      const seen: unknown[] = [];
      for (const name of ["kept", "taken"])
        scheduler.schedule(1, lane, name, 1, () => process.emitWarning(name), 0, 0);
      scheduler.schedule(2, lane, "", 1, () => seen.push(real.mock.calls.length), 0, 0);
      const taken: unknown[] = [];
      await scheduler.run(
        END,
        () => {},
        () => false,
        (on, warning) => {
          taken.push([on?.name, warning]);
          return warning === "taken";
        },
      );
      expect(seen).toEqual([0]);
      expect(taken).toContainEqual(["a", "kept"]);
      expect(taken).toContainEqual(["a", "taken"]);
      expect(real.mock.calls).toEqual([["kept"]]);
    } finally {
      real.mockRestore();
    }
  });
});
