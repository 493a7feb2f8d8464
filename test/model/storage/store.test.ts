import * as fc from "fast-check";
import { type Json, SECOND } from "seedstorm";
import { describe, expect, it } from "vitest";
import { StoreClient, serveStore } from "../../../src/model/storage/service.js";
import { TenantTransaction } from "../../../src/model/storage/tenant.js";
import { StoreError } from "../../../src/model/storage/transaction.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { crashes, faultAt, withStore } from "./with-store.js";

describe("a store", () => {
  it("does not say of a scan for nothing that it found nothing", async () => {
    const { violations } = await withStore(async (_host, store) => {
      const first = store.begin();
      first.put("n:a", 1, 5);
      expect((await first.commit()).status).toBe("committed");
      const second = store.begin();
      expect(await second.scanPrefix("n:", 0)).toEqual([]);
      expect(await second.scanDue("n:", 9, 0)).toEqual([]);
      expect(await second.get("n:a")).toBe(1);
      expect((await second.commit()).status).toBe("committed");
    });
    expect(violations).toEqual([]);
  });

  it("shows a transaction its own writes and nobody else's until they are committed", async () => {
    await withStore(async (_, store) => {
      const first = store.begin();
      first.put("a:1", "one");
      first.put("a:2", "two", 5);
      expect(await first.get("a:1")).toBe("one");
      expect((await first.scanPrefix("a:")).map(({ key }) => key)).toEqual(["a:1", "a:2"]);
      expect(await store.begin().get("a:1")).toBeUndefined();
      expect(await first.commit()).toEqual({ status: "committed", txn: 1 });
      expect(await store.begin().get("a:1")).toBe("one");
    });
  });

  it("refuses a transaction that read what another has changed, and one that scanned where another has put", async () => {
    await withStore(async (_, store) => {
      const reader = store.begin();
      const scanner = store.begin();
      expect(await reader.get("x")).toBeUndefined();
      expect(await scanner.scanPrefix("list:")).toEqual([]);
      const other = store.begin();
      other.put("x", 1);
      other.put("list:1", 1);
      await other.commit();
      reader.put("y", 1);
      scanner.put("z", 1);
      expect(await reader.commit()).toEqual({ status: "conflict", key: "x" });
      expect(await scanner.commit()).toEqual({ status: "conflict", key: "list:1" });
      expect(await store.begin().get("y")).toBeUndefined();
    });
  });

  it("finds what is due, the earliest first, within one tenant", async () => {
    await withStore(async (_, store) => {
      const tx = store.begin();
      const acme = new TenantTransaction(tx, "acme");
      const other = new TenantTransaction(tx, "acme:2");
      acme.putDue(30, "late", "schedule", "c");
      acme.putDue(10, "early", "schedule", "b:1");
      acme.put("never", "schedule", "a");
      other.putDue(5, "theirs", "schedule", "x");
      await tx.commit();
      const found = await new TenantTransaction(store.begin(), "acme").scanDue("schedule", 29);
      expect(found.map(({ key, due }) => [key, due])).toEqual([["schedule:acme:b%3A1", 10]]);
      const all = await store.begin().scanDue("schedule:", 30, 2);
      expect(all.map(({ value }) => value)).toEqual(["theirs", "early"]);
    });
  });

  it("says that a snapshot is too old, and takes no key that is none", async () => {
    await withStore(async (_, store) => {
      const old = store.begin();
      await old.get("x");
      for (let i = 0; i < 40; i++) {
        const tx = store.begin();
        tx.put("x", i);
        await tx.commit();
      }
      await expect(old.get("x")).rejects.toEqual(new StoreError("too-old"));
      old.put("y", 1);
      expect(await old.commit()).toEqual({ status: "conflict", key: "x" });
      expect(() => store.begin().put("", 1)).toThrow(RangeError);
      expect(() => store.begin().put("\ud800", 1)).toThrow(RangeError);
      expect(() => store.begin().put("a", 1, -1)).toThrow(RangeError);
    });
  });

  it("does the commit of a client once, however often its answer is lost", async () => {
    const outcomes: string[] = [];
    const { violations } = await withStore(
      async (host, store) => serveStore(host, store),
      {
        hosts: ["a", "b"],
        faults: [
          {
            id: "l",
            kind: "loss",
            at: 0,
            for: 15 * SECOND,
            from: "a",
            to: "b",
            ratio: 0.5,
          },
        ],
      },
      async (host) => {
        const client = new StoreClient(host, {
          store: "a",
          timeout: 10 * SECOND,
          attemptTimeout: SECOND / 10,
        });
        for (let i = 0; i < 20; i++) {
          const tx = client.begin();
          const count = ((await tx.get("count")) as number | undefined) ?? 0;
          tx.put("count", count + 1);
          outcomes.push((await tx.commit()).status);
        }
        outcomes.push(String(await client.begin().get("count")));
      },
    );
    expect(violations).toEqual([]);
    expect(outcomes).toEqual([...Array.from({ length: 20 }, () => "committed"), "20"]);
  });

  it("does what each of several clients on one host commits", async () => {
    const found: Json[] = [];
    await withStore(
      async (host, store) => {
        serveStore(host, store);
        const own = store.begin();
        own.put("own", 0);
        await own.commit();
        const neighbour = new StoreClient(host, { store: "a" }).begin();
        neighbour.put("neighbour", 0);
        await neighbour.commit();
      },
      { hosts: ["a", "b"] },
      async (host) => {
        await host.sleep(SECOND);
        for (const key of ["x", "y"]) {
          const tx = new StoreClient(host, { store: "a" }).begin();
          tx.put(key, key);
          found.push((await tx.commit()).status);
        }
        const entries = await new StoreClient(host, { store: "a" }).begin().scanPrefix("");
        found.push(entries.map(({ key }) => key));
      },
    );
    expect(found).toEqual(["committed", "committed", ["neighbour", "own", "x", "y"]]);
  });
});

/** What each transaction of a random workload does. */
const step = fc.record({
  reads: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 2 }),
  scans: fc.boolean(),
  puts: fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 99 })), { maxLength: 3 }),
  deletes: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 1 }),
  pause: fc.integer({ min: 0, max: 3_000 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const oneDamage: fc.Arbitrary<Fault[]> = fc.oneof(
  fc.constant<Fault[]>([]),
  faultAt.map((at): Fault[] => [{ id: "rot", kind: "bit-rot", at, target: "a" }]),
  faultAt.map((at): Fault[] => [{ id: "lse", kind: "latent-sector-error", at, target: "a" }]),
);

/** Runs steps by several writers at once over all lives of the host, beside a plain map that is told of each commit. */
async function differs(steps: readonly Step[], faults: Fault[], defects: readonly string[], seed: number) {
  /** What must be there: after each commit in its order. Undefined where the outcome is not known. */
  const complaints: string[] = [];
  let next = 0;
  const certain = new Map<number, Map<string, Json | undefined>>();
  const { violations } = await withStore(
    async (host, store) => {
      if (store.status === "damaged") return;
      // The model: all transactions that were answered, in the order of their numbers.
      const last = new Map<string, { txn: number; value: Json | undefined }>();
      for (const [txn, writes] of certain) {
        for (const [key, value] of writes) if (txn > (last.get(key)?.txn ?? 0)) last.set(key, { txn, value });
      }
      const found = new Map((await store.begin().scanPrefix("k")).map((entry) => [entry.key, entry]));
      for (const [key, { txn, value }] of last) {
        const entry = found.get(key);
        // Something newer may stand there that was durable and not answered.
        if ((entry?.version ?? 0) > txn) continue;
        if (entry?.value !== value && !(value === undefined && entry === undefined)) {
          if (value !== undefined && entry === undefined) continue; // deleted since, perhaps without an answer
          complaints.push(`${key} is ${String(entry?.value)} and not ${String(value)}`);
        }
      }
      const work = async (): Promise<void> => {
        for (;;) {
          const step = steps[next++];
          if (step === undefined) return;
          const tx = store.begin();
          const seen: string[] = [];
          for (const key of step.reads) seen.push(String(await tx.get(`k${key}`)));
          if (step.scans) await tx.scanPrefix("k");
          await host.sleep(step.pause);
          for (const key of step.reads) {
            if (String(await tx.get(`k${key}`)) !== seen.shift()) complaints.push("a snapshot changed");
          }
          const writes = new Map<string, Json | undefined>();
          for (const [key, value] of step.puts) {
            tx.put(`k${key}`, value, value);
            writes.set(`k${key}`, value);
          }
          for (const key of step.deletes) {
            tx.delete(`k${key}`);
            writes.set(`k${key}`, undefined);
          }
          const result = await tx.commit();
          if (result.status === "committed" && result.txn > 0) certain.set(result.txn, writes);
        }
      };
      await Promise.all([work(), work(), work()]);
    },
    { faults, defects, seed },
  );
  return { violations, complaints };
}

const runs = fc.tuple(
  fc.array(step, { minLength: 5, maxLength: 80 }),
  fc.array(crashes, { maxLength: 6 }),
  oneDamage,
  fc.nat(),
);

describe("a store under crashes, torn writes and one damage", () => {
  it("is what a plain map would be, and serializable", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ([steps, faults, damage, seed]) => {
        const { violations, complaints } = await differs(steps, [...faults, ...damage], [], seed);
        expect({ violations, complaints }).toEqual({ violations: [], complaints: [] });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["store-reads-not-validated", "store-serializable"],
    ["store-scans-not-validated", "store-serializable"],
    ["store-answers-before-sync", "store-commit-durable"],
    ["store-single-copy", "store-recovers"],
  ])("with %s breaks %s", async (defect, property) => {
    const caught = new Set<string>();
    for (const [steps, faults, damage, seed] of fc.sample(runs, { numRuns: 400, seed: 7 })) {
      if (caught.has(property)) break;
      for (const id of (await differs(steps, [...faults, ...damage], [defect], seed)).violations)
        caught.add(id);
    }
    expect([...caught]).toContain(property);
  });
});
