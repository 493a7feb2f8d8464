import { describe, expect, it } from "vitest";
import { Database } from "../../../src/model/saga/database.js";
import { DatabaseClient } from "../../../src/model/saga/database-client.js";
import { SAGA_DEFAULTS } from "../../../src/model/saga/knobs.js";
import type { Statement } from "../../../src/model/saga/table.js";
import type { QueryReply } from "../../../src/model/saga/wire.js";
import { STORAGE_GOALS } from "../../../src/model/storage/goals.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { type Host, TIMED_OUT } from "../../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../../src/sim/time.js";
import type { World } from "../../../src/sim/world.js";
import { universe } from "../../support/universe.js";

const KNOBS = { ...SAGA_DEFAULTS, compactAfter: 20 };

interface Options {
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  readonly seed?: number;
}

/** A database and one client that does something with it, for twenty seconds. */
async function served(
  options: Options,
  use: (store: DatabaseClient, host: Host) => Promise<void>,
): Promise<World> {
  const world = universe({ hosts: ["db", "client"], duration: 20 * SECOND, ...options });
  world.onBoot("db", (host) => new Database(host, KNOBS).start());
  world.onBoot("client", (host) => use(new DatabaseClient(host, "db", KNOBS), host));
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
  return world;
}

const put = (n: number): Statement[] => [{ do: "put", key: `row/${n}`, row: { n } }];
const all = { scans: [{ prefix: "row/" }] };
const numbers = (reply: QueryReply | undefined): unknown[] => (reply?.rows ?? []).map(([, row]) => row.n);

/** Writes rows one after the other and says which were acknowledged. */
async function writeSome(
  store: DatabaseClient,
  host: Host,
  count: number,
  pause = 100 * MILLISECOND,
): Promise<number[]> {
  const acknowledged: number[] = [];
  for (let n = 1; n <= count; n++) {
    const reply = await store.transact(put(n));
    if (reply !== TIMED_OUT && reply.status === "committed") acknowledged.push(n);
    await host.sleep(pause);
  }
  return acknowledged;
}

/**
 * Transactions of the history, in the order in which they were told; one that is told again has not changed
 * meanwhile.
 */
function told(world: World): number[] {
  const seen: number[] = [];
  const writes = new Map<number, unknown>();
  for (const event of world.history.events) {
    if (event.kind !== "durable") continue;
    if (writes.has(event.txn)) expect(event.writes).toEqual(writes.get(event.txn));
    else seen.push(event.txn);
    writes.set(event.txn, event.writes);
  }
  return seen;
}

const crash = (at: number): Fault => ({ kind: "crash", id: "c", at: at * SECOND, for: SECOND, target: "db" });

describe("the database", () => {
  it("keeps across a crash whatever it has acknowledged", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      let kept: unknown[] = [];
      let acknowledged: number[] = [];
      await served({ seed, faults: [crash(2), { ...crash(6), id: "c2" }] }, async (store, host) => {
        acknowledged = await writeSome(store, host, 60);
        kept = numbers(await store.queryWhile(all, () => true));
      });
      expect(acknowledged.length).toBeGreaterThan(30);
      expect(kept).toEqual(expect.arrayContaining(acknowledged));
    }
  });

  it("tells every durable transaction, in order, those before a crash too", async () => {
    let late = 0;
    for (let point = 1; point <= 12; point++) {
      for (const side of ["before", "after"] as const) {
        const faults: Fault[] = [
          { kind: "crash-point", id: "c", at: 0, for: 5 * SECOND, target: "db", point, side },
        ];
        const world = await served({ faults }, async (store, host) => {
          await writeSome(store, host, 60);
        });
        const txns = told(world);
        expect(txns).toEqual(txns.map((_, i) => i + 1));
        if (world.goals.has(STORAGE_GOALS.recordedLate)) late++;
      }
    }
    expect(late).toBeGreaterThan(5);
  });

  it("goes on after a failed fsync with a log that has everything", async () => {
    const faults: Fault[] = [{ kind: "fsync-failure", id: "f", at: 2 * SECOND, target: "db" }, crash(4)];
    let kept: unknown[] = [];
    let acknowledged: number[] = [];
    const world = await served({ faults }, async (store, host) => {
      acknowledged = await writeSome(store, host, 60);
      kept = numbers(await store.queryWhile(all, () => true));
    });
    expect(world.goals.has(STORAGE_GOALS.rewritten)).toBe(true);
    expect(kept).toEqual(expect.arrayContaining(acknowledged));
  });

  it("loses what it acknowledged when it takes a failed fsync for a good one", async () => {
    const faults: Fault[] = [{ kind: "fsync-failure", id: "f", at: SECOND, target: "db" }, crash(3)];
    let kept: unknown[] = [];
    let acknowledged: number[] = [];
    await served({ faults, defects: ["failed-sync-ignored"] }, async (store, host) => {
      acknowledged = await writeSome(store, host, 15);
      await host.sleep(4 * SECOND);
      kept = numbers(await store.queryWhile(all, () => true));
    });
    expect(acknowledged.filter((n) => !kept.includes(n))).not.toEqual([]);
  });

  it("refuses to write while there is no room, and makes its log short when it has grown", async () => {
    const faults: Fault[] = [{ kind: "disk-full", id: "f", at: 3 * SECOND, for: SECOND, target: "db" }];
    const statuses = new Set<string>();
    const world = await served({ faults }, async (store, host) => {
      for (let n = 1; n <= 60; n++) {
        const reply = await store.transact(put(n));
        if (reply !== TIMED_OUT) statuses.add(reply.status);
        await host.sleep(100 * MILLISECOND);
      }
    });
    expect([...statuses]).toEqual(["committed", "full"]);
    expect(world.goals.has(STORAGE_GOALS.compacted)).toBe(true);
  });

  it("keeps what comes while the log is made short, wherever it crashes then", async () => {
    for (let universes = 0; universes < 200; universes++) {
      const crashing = { kind: "crash-point", id: "c", at: 0, for: 2 * SECOND, target: "db" } as const;
      const faults: Fault[] = [{ ...crashing, point: 5 + (universes % 40), side: "before" }];
      let kept: unknown[] = [];
      const acknowledged: number[] = [];
      await served({ faults, seed: universes }, async (store, host) => {
        const write = async (from: number): Promise<void> => {
          for (let n = from; n < from + 15; n++) {
            const reply = await store.transact(put(n));
            if (reply !== TIMED_OUT && reply.status === "committed") acknowledged.push(n);
          }
        };
        await Promise.all([write(100), write(200), write(300), write(400)]);
        await host.sleep(4 * SECOND);
        kept = numbers(await store.queryWhile(all, () => true));
      });
      expect(acknowledged.filter((n) => !kept.includes(n))).toEqual([]);
    }
  });

  it("answers a refusal no sooner than what it is based on is durable", async () => {
    const faults: Fault[] = [{ kind: "disk-stall", id: "s", at: SECOND, for: 3 * SECOND, target: "db" }];
    const answers: unknown[] = [];
    await served({ faults }, async (store, host) => {
      await host.sleep(2 * SECOND);
      const insert: Statement[] = [{ do: "insert", key: "row/1", row: { n: 1 } }];
      const both = await Promise.all([store.transact(insert), store.transact(insert)]);
      for (const reply of both) answers.push(reply === TIMED_OUT ? "none" : reply.status);
      await host.sleep(4 * SECOND);
      const reply = await store.transact(insert);
      answers.push(reply === TIMED_OUT ? "none" : reply.status);
    });
    expect(answers).toEqual(["none", "none", "refused"]);
  });

  it("has a time that neither a restart nor a jump of the wall clock moves on", async () => {
    const faults: Fault[] = [
      { kind: "clock-jump", id: "j", at: 2 * SECOND, target: "db", by: 100 * SECOND },
      { kind: "crash", id: "c", at: 4 * SECOND, for: 3 * SECOND, target: "db" },
    ];
    const times: number[] = [];
    await served({ faults }, async (store, host) => {
      for (const at of [1, 3, 9]) {
        await host.sleep(at * SECOND - host.clock.monotonic());
        await store.transact(put(at));
        times.push((await store.queryWhile(all, () => true))?.now ?? -1);
      }
    });
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeLessThan(2.5 * SECOND);
    expect(third - second).toBeLessThan(3 * SECOND);
    expect(third).toBeGreaterThan(second);
  });
});
