import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { moment } from "../../src/sim/moments.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { asBegun } from "../../src/sim/triggers.js";
import { World } from "../../src/sim/world.js";
import { planOf } from "../support/universe.js";

const sounded = moment("bell", "a host rings", (event) =>
  event.kind === "goal" && event.goal.startsWith("ring") ? event.host : undefined,
);

/** Two hosts ring in turns, a once at the beginning of every second and b half a second later. */
async function ringing(faults: readonly Fault[], seconds = 10): Promise<World> {
  const world = new World(planOf({ hosts: ["a", "b"], faults, duration: seconds * SECOND }));
  world.addMoments([sounded]);
  for (const [id, offset] of [
    ["a", 0],
    ["b", SECOND / 2],
  ] as const) {
    world.onBoot(id, async (host) => {
      const life = host.incarnation;
      await host.sleep(offset);
      for (let n = 0; ; n++) {
        host.reached(`ring ${id} ${life}/${n}`);
        await host.sleep(SECOND);
      }
    });
  }
  await world.run();
  return world;
}

const storm = (world: World): string[] =>
  world.history.events.flatMap((event) =>
    event.kind === "fault"
      ? [
          `${event.at / MILLISECOND} ${event.fault} ${event.phase} ${event.target} there=${event.there ?? "-"}`,
        ]
      : [],
  );

const crash = { kind: "crash", id: "f1", target: "@", for: 80 * MILLISECOND } as const;

describe("a fault that is aimed at a moment", () => {
  it("begins after the n-th time that the moment comes from its own time on, where it came", async () => {
    const trigger = { moment: "bell", nth: 2, after: 5 * MILLISECOND };
    const world = await ringing([{ ...crash, at: 1_200 * MILLISECOND, trigger }]);
    // from 1.2 s on: b at 1.5 s is the first, a at 2 s the second
    expect(storm(world)).toEqual([
      "2005 f1 start a there=a",
      "2005 f1 fired a there=-",
      "2085 f1 end a there=-",
    ]);
    expect(world.faults.get("crash")).toEqual({ planned: 1, fired: 1 });
  });

  it("is a consequence of the event that its moment came with", async () => {
    const world = await ringing([{ ...crash, at: 0, trigger: { moment: "bell", nth: 1, after: 7 } }]);
    const start = world.history.events.find((event) => event.kind === "fault");
    const cause = world.history.events[start?.cause ?? -1];
    expect(cause).toMatchObject({ kind: "goal", host: "a", goal: "ring a 1/0" });
  });

  it("strikes before anything else happens when it begins at the very moment", async () => {
    const world = await ringing([{ ...crash, at: 0, trigger: { moment: "bell", nth: 1, after: 0 } }], 1);
    const told = world.history.events.map((event) => `${event.host} ${event.kind}`);
    expect(told.slice(told.indexOf("a goal"), told.indexOf("b host", 3))).toEqual([
      "a goal",
      "world fault",
      "a host",
      "world fault",
    ]);
  });

  it("does not begin when its moment never comes, or so late that it would outlast the storm", async () => {
    const healAt = (await ringing([])).plan.healAt;
    const never: Fault = { ...crash, at: 0, trigger: { moment: "bell", nth: 1_000, after: 0 } };
    const late: Fault = {
      ...crash,
      id: "f2",
      at: healAt - 120 * MILLISECOND,
      trigger: { moment: "bell", nth: 1, after: 100 * MILLISECOND },
    };
    const world = await ringing([never, late]);
    expect(storm(world)).toEqual([]);
    expect(world.faults.get("crash")).toEqual({ planned: 2, fired: 0 });
    expect(asBegun(world.plan.faults, world.history.events, world.plan.topology)).toEqual([]);
  });

  it("can mean the places around the host, and others that it says by name", async () => {
    const trigger = { moment: "bell", nth: 1, after: 0 };
    const cut: Fault = {
      id: "f1",
      kind: "partition",
      at: 0,
      for: 9,
      trigger,
      a: ["provider/@", "zone/@"],
      b: ["b", "@"],
      oneWay: false,
    };
    const world = await ringing([cut]);
    const [begun] = asBegun([cut], world.history.events, world.plan.topology);
    const { domain } = world.machine("a");
    const zone =
      domain.zone === undefined
        ? `region/${domain.provider}/${domain.region}`
        : `zone/${domain.provider}/${domain.region}/${domain.zone}`;
    expect(begun).toEqual({
      id: "f1",
      kind: "partition",
      at: 0,
      for: 9,
      a: [`provider/${domain.provider}`, zone],
      b: ["b", "a"],
      oneWay: false,
    });
  });

  it("can be aimed at the time between a write and its fsync", async () => {
    const trigger = { moment: "fsync-asked", nth: 1, after: 0 };
    const world = new World(
      planOf({ hosts: ["a"], faults: [{ ...crash, at: 0, trigger }], duration: 5 * SECOND }),
    );
    const began: number[] = [];
    const ended: number[] = [];
    world.onBoot("a", async (host) => {
      began.push(host.incarnation);
      host.disk.write("log", 0, new Uint8Array([1, 2, 3]));
      await host.disk.fsync("log");
      ended.push(host.incarnation);
    });
    await world.run();
    expect(storm(world).slice(0, 2)).toEqual(["0 f1 start a there=a", "0 f1 fired a there=-"]);
    expect(began).toEqual([1, 2]);
    expect(ended).toEqual([2]);
  });

  it("is refused when the world knows no such moment", async () => {
    await expect(
      ringing([{ ...crash, at: 0, trigger: { moment: "gong", nth: 1, after: 0 } }]),
    ).rejects.toThrow('fault f1 is aimed at "gong", and there is no such moment');
  });

  it("leaves the universe as it was as long as its moment has not come", async () => {
    const never: Fault = { ...crash, at: 0, trigger: { moment: "bell", nth: 1_000, after: 0 } };
    const [without, waiting] = [await ringing([]), await ringing([never])];
    expect(waiting.scheduler.traceHash).toBe(without.scheduler.traceHash);
  });
});
