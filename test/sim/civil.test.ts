/** Civil time: calendars, zones and their changes of clocks, held to `Intl`; leap seconds, and code that runs at a time of day. */
import { describe, expect, it } from "vitest";
import {
  type CivilTime,
  civilTime,
  DEFAULT_EPOCH,
  instantsOf,
  ZONES,
  type Zone,
} from "../../src/sim/civil.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import type { Host } from "../../src/sim/host.js";
import { HOUR, MILLISECOND, MINUTE, SECOND } from "../../src/sim/time.js";
import { World } from "../../src/sim/world.js";
import { planOf, universe } from "../support/universe.js";

const at = (text: string): number => Date.parse(text) * MILLISECOND;
const clock = ({ hour, minute }: CivilTime): string => `${hour}:${String(minute).padStart(2, "0")}`;

describe("civil time", () => {
  it.each(ZONES)("in %s is what the machine's own tables of zones say", (zone) => {
    const format = new Intl.DateTimeFormat("en-GB", {
      ...{ timeZone: zone, hourCycle: "h23", weekday: "short" },
      ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" },
    });
    const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    // Every 7 hours and 13 minutes of five years, which meets each hour around each change of clocks.
    for (let instant = at("2012-01-01"); instant < at("2017-01-01"); instant += 7 * HOUR + 13 * MINUTE) {
      const parts = Object.fromEntries(
        format.formatToParts(instant / MILLISECOND).map((p) => [p.type, p.value]),
      );
      const { year, month, day, hour, minute, weekday } = civilTime(instant, zone);
      expect([days[weekday], year, month, day, hour, minute].join(" ")).toBe(
        [parts.weekday, ...[parts.year, parts.month, parts.day, parts.hour, parts.minute].map(Number)].join(
          " ",
        ),
      );
    }
  });

  it("has no half past two in one night, two of them in another, and one in all others", () => {
    const halfPastTwo = (month: number, day: number, zone: Zone) =>
      instantsOf({ year: 2030, month, day, hour: 2, minute: 30, second: 0, micros: 0 }, zone);
    expect(halfPastTwo(3, 31, "Europe/Berlin")).toEqual([]);
    expect(halfPastTwo(10, 27, "Europe/Berlin")).toEqual([at("2030-10-27T00:30Z"), at("2030-10-27T01:30Z")]);
    expect(halfPastTwo(5, 1, "Europe/Berlin")).toEqual([at("2030-05-01T00:30Z")]);
    expect(halfPastTwo(3, 10, "America/New_York")).toEqual([]);
    expect(halfPastTwo(3, 31, "Asia/Kolkata")).toHaveLength(1);
  });
});

/** A job that shall run each night at half past two, as cron's are written: looks at the clock each minute. */
function nightly(host: Host, ran: string[]): void {
  const look = (): void => {
    const time = host.clock.local();
    if (clock(time) === "2:30") ran.push(`${time.month}-${time.day}`);
    host.after(MINUTE, look);
  };
  look();
}

describe("a host's calendar", () => {
  it("begins in 2030, in universal time, where a plan says nothing else", async () => {
    const world = universe({ hosts: ["a"], duration: SECOND });
    let seen: CivilTime | undefined;
    world.onBoot("a", (host) => {
      seen = host.clock.local();
      expect(host.clock.unix()).toBe(DEFAULT_EPOCH);
    });
    await world.run();
    expect(seen).toMatchObject({ year: 2030, month: 1, day: 1, hour: 0, zone: "UTC", weekday: 2 });
  });

  it.each([
    ["2030-03-30T20:00Z", [], "skips a nightly job when clocks are set forward"],
    ["2030-10-26T20:00Z", ["10-27", "10-27"], "runs it twice when they are set back"],
    ["2030-06-01T20:00Z", ["6-2"], "runs it once on other nights"],
  ])("from %s on, a night in Berlin: %j", async (epoch, expected) => {
    const plan = { ...planOf({ hosts: ["a"], duration: 12 * HOUR, healAt: 0 }) };
    const world = new World({ ...plan, civil: { epoch: at(epoch), zone: "Europe/Berlin" } });
    const ran: string[] = [];
    world.onBoot("a", (host) => nightly(host, ran));
    await world.run();
    expect(ran).toEqual(expected);
  });

  it("has the last second twice when a leap second is inserted, and on another host a slow hour", async () => {
    const epoch = at("2016-12-31T23:59:55Z");
    const faults: Fault[] = [
      { id: "step", kind: "leap-second", at: 5 * SECOND, target: "a", smear: 0 },
      { id: "smear", kind: "leap-second", at: 5 * SECOND, target: "b", smear: 10 * SECOND },
    ];
    const world = new World({
      ...planOf({ hosts: ["a", "b"], faults, duration: 20 * SECOND, healAt: 20 * SECOND }),
      civil: { epoch, zone: "UTC" },
    });
    const seen: Record<string, number[]> = { a: [], b: [] };
    for (const id of ["a", "b"])
      world.onBoot(id, async (host) => {
        for (const wait of [4_500, 1_000, 4_500, 5_000, 2_000]) {
          await host.sleep(wait * MILLISECOND);
          seen[id]?.push((host.clock.unix() - epoch) / MILLISECOND);
        }
      });
    await world.run();
    expect(seen.a).toEqual([4_500, 4_500, 9_000, 14_000, 16_000]);
    expect(seen.b).toEqual([4_500, 5_450, 9_500, 14_000, 16_000]);
  });

  it("is in another zone while a fault has set it wrong", async () => {
    const fault: Fault = {
      id: "f",
      kind: "wrong-zone",
      at: SECOND,
      for: SECOND,
      target: "a",
      zone: "Asia/Kolkata",
    };
    const world = universe({ hosts: ["a"], faults: [fault], duration: 5 * SECOND });
    const seen: string[] = [];
    world.onBoot("a", async (host) => {
      for (let n = 0; n < 3; n++) {
        seen.push(clock(host.clock.local()));
        await host.sleep(1_200 * MILLISECOND);
      }
    });
    await world.run();
    expect(seen).toEqual(["0:00", "5:30", "0:00"]);
  });
});
