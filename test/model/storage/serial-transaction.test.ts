import * as fc from "fast-check";
import type { Host, Json } from "seedstorm";
import { MILLISECOND, SECOND } from "seedstorm";
import { describe, expect, it } from "vitest";
import { STORAGE_GOALS } from "../../../src/model/storage/goals.js";
import { SerialTransaction } from "../../../src/model/storage/serial-transaction.js";
import type { Store } from "../../../src/model/storage/store.js";
import { NEWEST, Versions } from "../../../src/model/storage/versions.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { crashes, withStore } from "./with-store.js";

const key = fc.integer({ min: 0, max: 5 }).map((n) => `k${n}`);
const step = fc.oneof(
  fc.record({ do: fc.constant("get" as const), key }),
  fc.record({ do: fc.constant("scan" as const), key: fc.constantFrom("k", "k1", "z") }),
  fc.record({ do: fc.constant("put" as const), key, value: fc.integer({ min: 0, max: 99 }) }),
  fc.record({ do: fc.constant("delete" as const), key }),
  fc.record({ do: fc.constant("roll-back" as const) }),
);

/** Puts one more than there was, and gives that. */
const increment = (tx: SerialTransaction): number => {
  const next = Number(tx.get("count") ?? 0) + 1;
  tx.put("count", next);
  tx.put(`log:${next}`, next);
  return next;
};

describe("a serial transaction", () => {
  it("reads and writes what a plain map would, and is taken back as a whole", () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 8 }), (transactions) => {
        const versions = new Versions();
        let map = new Map<string, Json>();
        transactions.forEach((steps, at) => {
          const tx = new SerialTransaction(versions);
          let own = new Map(map);
          for (const each of steps) {
            if (each.do === "get") expect(tx.get(each.key)).toBe(own.get(each.key));
            else if (each.do === "scan") {
              const found = tx.scanPrefix(each.key).map((entry) => [entry.key, entry.value]);
              const there = [...own].filter(([name]) => name.startsWith(each.key));
              expect(found).toEqual(there.sort(([a], [b]) => (a < b ? -1 : 1)));
            } else if (each.do === "put") {
              tx.put(each.key, each.value);
              own.set(each.key, each.value);
            } else if (each.do === "delete") {
              tx.delete(each.key);
              own.delete(each.key);
            } else {
              tx.rollBack();
              own = new Map(map);
            }
          }
          tx.end();
          versions.apply(at + 1, tx.request("", at).writes);
          map = own;
        });
        expect(new Map(versions.scan("", NEWEST).map((entry) => [entry.key, entry.value]))).toEqual(map);
      }),
    );
  });

  it("takes no key that is none, and does nothing when its work is over", async () => {
    await withStore(async (_, store) => {
      const tx = await store.execute((open) => {
        expect(() => open.put("", 1)).toThrow(RangeError);
        expect(() => open.delete("\ud800")).toThrow(RangeError);
        return open;
      });
      expect(() => tx?.get("a")).toThrow("does all of its work before it returns");
      expect(() => tx?.put("a", 1)).toThrow("does all of its work before it returns");
    });
  });
});

describe("a store that carries transactions out itself", () => {
  it("sees those that came before, durable or not, and meets no conflict", async () => {
    const { world, violations } = await withStore(async (_, store) => {
      const given = await Promise.all([1, 2, 3, 4].map(() => store.execute(increment)));
      expect(given).toEqual([1, 2, 3, 4]);
      expect(await store.begin().get("count")).toBe(4);
    });
    expect(violations).toEqual([]);
    expect(world.goals.has(STORAGE_GOALS.conflict)).toBe(false);
  });

  it("refuses a transaction that read what such a one has changed since", async () => {
    const { violations } = await withStore(async (_, store) => {
      const reader = store.begin();
      expect(await reader.get("count")).toBeUndefined();
      await store.execute(increment);
      reader.put("other", 1);
      expect(await reader.commit()).toEqual({ status: "conflict", key: "count" });
      expect(await store.execute((tx) => tx.get("other"))).toBeUndefined();
    });
    expect(violations).toEqual([]);
  });

  it("writes nothing for a transaction that was rolled back, and gives its value all the same", async () => {
    const { world } = await withStore(async (_, store) => {
      const refused = await store.execute((tx) => {
        increment(tx);
        tx.rollBack();
        return "refused";
      });
      expect(refused).toBe("refused");
    });
    expect(world.history.events.filter(({ kind }) => kind === "durable")).toEqual([]);
  });

  /** What is asked for while the disk stands still, and when it is answered. */
  async function answersOnAStandingDisk(defects: readonly string[]): Promise<boolean[]> {
    const late: boolean[] = [];
    const faults: Fault[] = [{ id: "s", kind: "disk-stall", at: SECOND, for: 3 * SECOND, target: "a" }];
    await withStore(
      async (host, store) => {
        await host.sleep(2 * SECOND);
        const ask = async (work: (tx: SerialTransaction) => unknown): Promise<void> => {
          await store.execute(work);
          late.push(host.clock.monotonic() > 3.9 * SECOND);
        };
        await ask((tx) => tx.get("count"));
        await Promise.all([
          ask(increment),
          ask((tx) => tx.get("count")),
          ask((tx) => {
            increment(tx);
            tx.rollBack();
          }),
        ]);
      },
      { faults, defects },
    );
    return late;
  }

  it("answers a write, a read and a refusal no sooner than what they rest on is durable", async () => {
    expect(await answersOnAStandingDisk([])).toEqual([false, true, true, true]);
    expect(await answersOnAStandingDisk(["store-answers-before-sync"])).toEqual([false, false, false, false]);
  });

  it("does nothing while there is no room", async () => {
    const faults: Fault[] = [{ id: "f", kind: "disk-full", at: SECOND, for: SECOND, target: "a" }];
    const { violations } = await withStore(
      async (host, store) => {
        expect(await store.execute(increment)).toBe(1);
        await host.sleep(1.5 * SECOND);
        expect(await store.execute(increment)).toBeUndefined();
        expect(await store.execute((tx) => tx.get("count"))).toBe(1);
        await host.sleep(SECOND);
        expect(await store.execute(increment)).toBe(2);
      },
      { faults },
    );
    expect(violations).toEqual([]);
  });

  it("tells its owner of what becomes durable, in order, before anybody is answered", async () => {
    const followed: string[][] = [];
    const given: (number | undefined)[] = [];
    await withStore(
      async (_, store) => {
        for (let i = 0; i < 30; i++) {
          const number = await store.execute(increment);
          expect(followed).toHaveLength(i + 1);
          given.push(number);
        }
      },
      { store: { onDurable: (writes) => followed.push(writes.map((write) => write.key)) } },
    );
    expect(followed).toEqual(given.map((number) => ["count", `log:${number}`]));
  });
});

describe("one copy of the log", () => {
  it("is damaged when a sector can't be read, where a second copy has it", async () => {
    const faults: Fault[] = [
      { id: "s", kind: "latent-sector-error", at: SECOND, target: "a" },
      { id: "c", kind: "crash", at: 2 * SECOND, for: SECOND, target: "a" },
    ];
    for (const copies of [1, 2] as const) {
      const statuses: string[] = [];
      await withStore(
        async (_, store) => {
          statuses.push(store.status);
          if (store.status === "open") await store.execute(increment);
        },
        { faults, store: { copies } },
      );
      expect(statuses).toEqual(["open", copies === 1 ? "damaged" : "open"]);
    }
  });
});

interface Counted {
  readonly violations: readonly string[];
  readonly complaints: readonly string[];
}

/** Counts by several writers at once, over all lives of a host, some by transactions that are judged. */
async function counted(
  workers: readonly boolean[],
  faults: readonly Fault[],
  seed: number,
  copies: 1 | 2,
  defects: readonly string[] = [],
): Promise<Counted> {
  const complaints: string[] = [];
  const answered = new Set<number>();
  const optimistic = async (store: Store): Promise<number | undefined> => {
    const tx = store.begin();
    const next = Number((await tx.get("count")) ?? 0) + 1;
    tx.put("count", next);
    tx.put(`log:${next}`, next);
    return (await tx.commit()).status === "committed" ? next : undefined;
  };
  const { violations } = await withStore(
    async (host: Host, store) => {
      if (store.status === "damaged") return;
      const log = (await store.execute((tx) => tx.scanPrefix("log:"))) ?? [];
      const there = new Set(log.map(({ value }) => value));
      for (const number of answered) if (!there.has(number)) complaints.push(`${number} is lost`);
      if (Number((await store.execute((tx) => tx.get("count"))) ?? 0) !== there.size)
        complaints.push("the count is not that of the log");
      await Promise.all(
        workers.map(async (serial) => {
          for (let turn = 0; turn < 25; turn++) {
            const number = serial ? await store.execute(increment) : await optimistic(store);
            if (number !== undefined && answered.has(number)) complaints.push(`${number} was given twice`);
            if (number !== undefined) answered.add(number);
            await host.sleep(MILLISECOND);
          }
        }),
      );
    },
    { faults, seed, defects, store: { copies } },
  );
  return { violations, complaints };
}

const runs = fc.tuple(
  fc.array(fc.boolean(), { minLength: 2, maxLength: 4 }),
  fc.array(crashes, { maxLength: 6 }),
  fc.nat(),
  fc.constantFrom<1 | 2>(1, 2),
);

describe("a count under crashes, failed fsyncs and a full disk", () => {
  it("loses nothing that was answered and gives no number twice, with one copy of the log or two", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ([workers, faults, seed, copies]) => {
        const outcome = await counted(workers, faults, seed, copies);
        expect(outcome).toEqual({ violations: [], complaints: [] });
      }),
      { numRuns: 120 },
    );
  });

  it("loses what was answered before it was durable", async () => {
    const caught: Counted[] = [];
    for (const [, faults, seed] of fc.sample(runs, { numRuns: 200, seed: 7 })) {
      const outcome = await counted([true, true], faults, seed, 1, ["store-answers-before-sync"]);
      if (outcome.complaints.length > 0) caught.push(outcome);
      if (caught.length > 0) break;
    }
    expect(caught.flatMap(({ violations }) => violations)).toContain("store-commit-durable");
  });
});
