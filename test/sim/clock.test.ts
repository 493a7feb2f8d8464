import { describe, expect, it, vi } from "vitest";
import { MachineClock } from "../../src/sim/clock.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import type { Host } from "../../src/sim/host.js";
import { rpc } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { universe } from "../support/universe.js";

/** A clock and the hand that moves true time. */
function clockAt() {
  let time = 0;
  const clock = new MachineClock(() => time);
  return {
    clock,
    to: (t: number) => {
      time = t;
      return { wall: clock.now(), monotonic: clock.monotonic() };
    },
  };
}

/** What host `a` reads at each of the given true times. */
async function readings(faults: readonly Fault[], times: readonly number[]) {
  const world = universe({ hosts: ["a", "b"], faults, duration: 100 * SECOND });
  const wall: number[] = [];
  const monotonic: number[] = [];
  await world.run(0);
  for (const time of times) {
    await world.run(time);
    wall.push(world.machine("a").clock.now() - time);
    monotonic.push(world.machine("a").clock.monotonic() - time);
  }
  return { wall, monotonic, fired: (kind: Fault["kind"]) => world.faults.get(kind)?.fired };
}

describe("a clock", () => {
  it("tells true time as long as nothing is wrong with it", () => {
    const { to } = clockAt();
    expect(to(12_345)).toEqual({ wall: 12_345, monotonic: 12_345 });
  });

  it("gains by its drift, on both faces, and keeps what it has gained", () => {
    const { clock, to } = clockAt();
    clock.drift(1_000);
    expect(to(SECOND)).toEqual({ wall: 1_001_000, monotonic: 1_001_000 });
    clock.drift(-1_000);
    expect(to(2 * SECOND)).toEqual({ wall: 2_001_000, monotonic: 2_001_000 });
  });

  it("adds up overlapping drifts, and never stands still or runs backwards by them", () => {
    const { clock, to } = clockAt();
    clock.drift(-500_000);
    clock.drift(-500_000);
    clock.drift(-500_000);
    const one = to(SECOND).monotonic;
    expect(one).toBeGreaterThan(0);
    expect(to(2 * SECOND).monotonic).toBeGreaterThan(one);
    clock.drift(500_000);
    clock.drift(500_000);
    const before = to(2 * SECOND).monotonic;
    expect(to(3 * SECOND).monotonic - before).toBe(500_000);
  });

  it("never goes back on its monotonic face, whatever comes together", () => {
    const { clock, to } = clockAt();
    let last = 0;
    const steps: (() => void)[] = [
      () => clock.shift(-5_000),
      () => clock.drift(-400_000),
      () => clock.freeze(),
      () => clock.drift(700_000),
      () => clock.thaw(),
      () => clock.shift(9_000),
      () => clock.drift(-300_000),
    ];
    for (let time = 0; time < 7_000; time += 7) {
      if (time % 1_001 === 0) steps[time / 1_001]?.();
      const { monotonic } = to(time);
      expect(monotonic).toBeGreaterThanOrEqual(last);
      last = monotonic;
    }
  });

  it("stands still until the last of two freezes ends, and then the wall clock catches up", () => {
    const { clock, to } = clockAt();
    to(100);
    clock.freeze();
    expect(to(200)).toEqual({ wall: 100, monotonic: 100 });
    clock.freeze();
    to(300);
    clock.thaw();
    expect(to(400)).toEqual({ wall: 100, monotonic: 100 });
    clock.thaw();
    expect(to(450)).toEqual({ wall: 450, monotonic: 150 });
  });

  it("strobes between two times", () => {
    const { clock, to } = clockAt();
    const end = clock.strobe(50, 10);
    expect([5, 15, 25, 35].map((t) => to(t).wall)).toEqual([5, 65, 25, 85]);
    end();
    expect(to(36)).toEqual({ wall: 36, monotonic: 36 });
  });

  it("tells of an offset on the wall clock alone", () => {
    const { clock } = clockAt();
    const noticed = vi.fn();
    clock.watch("offset", noticed);
    clock.monotonic();
    clock.trueDuration(100);
    expect(noticed).not.toHaveBeenCalled();
    clock.now();
    expect(noticed).toHaveBeenCalledTimes(1);
  });
});

describe("a clock fault", () => {
  const times = [500_000, 1_500_000, 2_500_000];
  const timing = { id: "f", at: SECOND, for: SECOND, target: "a" } as const;

  it("skews the wall clock while it lasts", async () => {
    const { wall, monotonic, fired } = await readings([{ ...timing, kind: "clock-skew", by: -7_000 }], times);
    expect(wall).toEqual([0, -7_000, 0]);
    expect(monotonic).toEqual([0, 0, 0]);
    expect(fired("clock-skew")).toBe(1);
  });

  it("jumps the wall clock for good", async () => {
    const { wall, fired } = await readings(
      [{ kind: "clock-jump", id: "f", at: SECOND, target: "a", by: 7_000 }],
      times,
    );
    expect(wall).toEqual([0, 7_000, 7_000]);
    expect(fired("clock-jump")).toBe(1);
  });

  it("makes it run fast for a while", async () => {
    const { wall, monotonic, fired } = await readings(
      [{ ...timing, kind: "clock-drift", ppm: 10_000 }],
      times,
    );
    expect(wall).toEqual([0, 5_000, 10_000]);
    expect(monotonic).toEqual(wall);
    expect(fired("clock-drift")).toBe(1);
  });

  it("freezes it for a while", async () => {
    const { wall, monotonic, fired } = await readings([{ ...timing, kind: "clock-freeze" }], times);
    expect(wall).toEqual([0, -500_000, 0]);
    expect(monotonic).toEqual([0, -500_000, -SECOND]);
    expect(fired("clock-freeze")).toBe(1);
  });

  it("strobes it for a while", async () => {
    const fault: Fault = { ...timing, kind: "clock-strobe", by: 9_000, period: 400_000 };
    const { wall, fired } = await readings([fault], times);
    expect(wall).toEqual([0, 9_000, 0]);
    expect(fired("clock-strobe")).toBe(1);
  });

  it("strikes only the host it is aimed at", async () => {
    const { wall, fired } = await readings(
      [{ ...timing, kind: "clock-skew", target: "b", by: 7_000 }],
      times,
    );
    expect(wall).toEqual([0, 0, 0]);
    expect(fired("clock-skew")).toBe(0);
  });

  it.each<Fault>([
    { ...timing, kind: "clock-skew", by: 7_000 },
    { ...timing, kind: "clock-drift", ppm: 10_000 },
    { ...timing, kind: "clock-freeze" },
    { ...timing, kind: "clock-strobe", by: 9_000, period: 400_000 },
    { kind: "clock-jump", id: "f", at: SECOND, target: "a", by: 7_000 },
  ])("has not fired when nobody read the clock: $kind", async (fault) => {
    const { fired } = await readings([fault], [500_000]);
    expect(fired(fault.kind)).toBe(0);
  });

  it("has not fired when it was read in the true phase of a strobe only", async () => {
    const { fired } = await readings(
      [{ ...timing, kind: "clock-strobe", by: 9_000, period: 400_000 }],
      [1_100_000, 1_900_000],
    );
    expect(fired("clock-strobe")).toBe(0);
  });

  it("adds up with another that overlaps it, and each takes back its own share", async () => {
    const { wall } = await readings(
      [
        { kind: "clock-skew", id: "f", at: SECOND, for: 2 * SECOND, target: "a", by: 7_000 },
        { kind: "clock-skew", id: "g", at: 2 * SECOND, for: 2 * SECOND, target: "*", by: 100 },
      ],
      [1_500_000, 2_500_000, 3_500_000, 4_500_000],
    );
    expect(wall).toEqual([7_000, 7_100, 100, 0]);
  });
});

describe("timers on a drifting clock", () => {
  const drift = (ppm: number, at: number, length: number): Fault => ({
    kind: "clock-drift",
    id: "f",
    at,
    for: length,
    target: "a",
    ppm,
  });

  /** True and own durations of sleeps of one second, one after the other. */
  async function sleeps(faults: readonly Fault[], count: number) {
    const world = universe({ hosts: ["a"], faults });
    const slept: { truly: number; own: number }[] = [];
    world.onBoot("a", async (host: Host) => {
      for (let i = 0; i < count; i++) {
        const [began, monotonic] = [world.now, host.clock.monotonic()];
        await host.sleep(SECOND);
        slept.push({ truly: world.now - began, own: host.clock.monotonic() - monotonic });
      }
    });
    await world.run();
    return { slept, fired: world.faults.get("clock-drift")?.fired };
  }

  it("come early in truth when the clock is fast", async () => {
    const { slept } = await sleeps([drift(250_000, 0, 50 * SECOND)], 1);
    expect(slept).toEqual([{ truly: 800_000, own: SECOND }]);
  });

  it("follow a drift that begins and ends while they are pending", async () => {
    const { slept, fired } = await sleeps([drift(-500_000, 500_000, 200_000)], 1);
    expect(slept).toEqual([{ truly: 1_100_000, own: SECOND }]);
    expect(fired).toBe(1);
  });

  it("never come before their time by the host's own clock, however often its rate changes", async () => {
    const storm = Array.from({ length: 40 }, (_, i) => ({
      ...drift(((i * 7_919) % 800_000) - 400_000, i * 170_003, 310_007),
      id: `f${i}`,
    }));
    const { slept } = await sleeps(storm, 6);
    for (const { own } of slept) {
      expect(own).toBeGreaterThanOrEqual(SECOND);
      expect(own).toBeLessThan(SECOND + 60);
    }
  });

  it("include the time-outs of requests", async () => {
    const SILENCE = rpc<null, null>("silence");
    const world = universe({ hosts: ["a", "b"], faults: [drift(-500_000, 100 * MILLISECOND, 10 * SECOND)] });
    let gaveUpAt = 0;
    world.onBoot("a", async (host) => {
      await host.request(SILENCE, "b", null, SECOND);
      gaveUpAt = world.now;
    });
    await world.run();
    expect(gaveUpAt).toBe(1_900_000);
  });

  it("go on while the clock is frozen", async () => {
    const world = universe({
      hosts: ["a"],
      faults: [{ kind: "clock-freeze", id: "f", at: 0, for: 5 * SECOND, target: "a" }],
    });
    const seen: number[] = [];
    world.onBoot("a", async (host) => {
      await host.sleep(SECOND);
      seen.push(world.now, host.clock.now());
    });
    await world.run();
    expect(seen).toEqual([SECOND, 0]);
  });

  it("are whole and finite, whatever is asked for", async () => {
    const world = universe({ hosts: ["a"], faults: [drift(123, 2_000, SECOND)] });
    const at: number[] = [];
    world.onBoot("a", (host) => {
      for (const delay of [0.9, -5, Number.NaN, 1.5, Number.POSITIVE_INFINITY]) {
        host.after(delay, () => at.push(world.now));
      }
    });
    await world.run();
    expect(at).toEqual([0, 0, 0, 1]);
  });
});
