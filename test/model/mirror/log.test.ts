import { describe, expect, it } from "vitest";
import type { Entry } from "../../../src/model/mirror/grain.js";
import { MIRROR_DEFAULTS } from "../../../src/model/mirror/knobs.js";
import { LogServer } from "../../../src/model/mirror/log.js";
import { APPEND, INSERT_ROW, OPEN, READ_FROM } from "../../../src/model/mirror/wire.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { type Host, TIMED_OUT } from "../../../src/sim/host.js";
import { SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

const GRAIN = "cart/ada";
const entry = (sequence: number, epoch: number): Entry => ({
  grain: GRAIN,
  sequence,
  epoch,
  source: `cluster-${epoch}`,
  timestamp: 0,
  type: "full-state",
  after: 0,
  payload: `{"a":"${epoch}/${sequence}"}`,
});

/** A log, and somebody who talks to it. */
async function withLog(
  script: (host: Host) => Promise<void>,
  options: { faults?: readonly Fault[]; defects?: readonly string[] } = {},
) {
  const world = universe({ hosts: ["log", "client"], duration: 20 * SECOND, ...options });
  let done = false;
  world.onBoot("log", (host) => new LogServer(host, MIRROR_DEFAULTS).start());
  world.onBoot("client", async (host) => {
    await host.sleep(SECOND);
    await script(host);
    done = true;
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  expect(done).toBe(true);
  return world;
}

const append = (host: Host, row: Entry) => host.request(APPEND, "log", row, SECOND);
const open = (host: Host, epoch: number) => host.request(OPEN, "log", { grain: GRAIN, epoch }, SECOND);
const readAll = async (host: Host) => {
  const entries = await host.request(READ_FROM, "log", { grain: GRAIN, after: 0, limit: 100 }, SECOND);
  return entries === TIMED_OUT ? "no answer" : entries.map(({ sequence, epoch }) => `${epoch}/${sequence}`);
};

describe("the replication log", () => {
  it("shuts out an old primary once a new one has opened the grain", async () => {
    await withLog(async (host) => {
      await open(host, 1);
      expect(await append(host, entry(1, 1))).toEqual({ status: "appended" });
      expect(await open(host, 2)).toMatchObject({ status: "opened", latest: 1, chain: [{ sequence: 1 }] });
      expect(await append(host, entry(2, 1))).toEqual({ status: "fenced", epoch: 2 });
      expect(await append(host, entry(2, 2))).toEqual({ status: "appended" });
      expect(await readAll(host)).toEqual(["1/1", "2/2"]);
    });
  });

  it("lets both in when it looks at no epoch", async () => {
    await withLog(
      async (host) => {
        await open(host, 2);
        expect(await append(host, entry(2, 1))).toEqual({ status: "appended" });
      },
      { defects: ["RW6"] },
    );
  });

  it("refuses to be opened with an epoch that is over", async () => {
    await withLog(async (host) => {
      await open(host, 3);
      expect(await open(host, 2)).toEqual({ status: "fenced", epoch: 3 });
      expect(await open(host, 3)).toMatchObject({ status: "opened" });
    });
  });

  it("answers an append that comes again as done, and adds nothing", async () => {
    await withLog(async (host) => {
      await append(host, entry(1, 1));
      expect(await append(host, entry(1, 1))).toEqual({ status: "appended" });
      expect(await readAll(host)).toEqual(["1/1"]);
    });
  });

  it("tells a primary when an operator's row has taken its sequence", async () => {
    await withLog(async (host) => {
      await append(host, entry(1, 1));
      await host.request(INSERT_ROW, "log", { grain: GRAIN, type: "snapshot.v2", payload: "?" }, SECOND);
      expect(await append(host, entry(2, 1))).toEqual({ status: "sequence-conflict", latest: 2 });
    });
  });

  it("keeps rows and fences across a crash, and tells its rows again", async () => {
    const faults: Fault[] = [{ id: "f", kind: "crash", at: 5 * SECOND, for: SECOND, target: "log" }];
    const world = await withLog(
      async (host) => {
        await append(host, entry(1, 1));
        await open(host, 4);
        await host.sleep(8 * SECOND);
        expect(await readAll(host)).toEqual(["1/1"]);
        expect(await append(host, entry(2, 3))).toEqual({ status: "fenced", epoch: 4 });
      },
      { faults },
    );
    const told = world.history.events.filter(
      (event) => event.kind === "durable" && event.writes.some(({ key }) => key === `row/${GRAIN}/1`),
    );
    expect(told).toHaveLength(2);
  });

  it("says that it can't when its disk is full", async () => {
    const faults: Fault[] = [{ id: "f", kind: "disk-full", at: 2 * SECOND, for: 3 * SECOND, target: "log" }];
    await withLog(
      async (host) => {
        await host.sleep(2 * SECOND);
        expect(await append(host, entry(1, 1))).toEqual({ status: "unavailable" });
        await host.sleep(4 * SECOND);
        expect(await append(host, entry(1, 1))).toEqual({ status: "appended" });
      },
      { faults },
    );
  });
});
