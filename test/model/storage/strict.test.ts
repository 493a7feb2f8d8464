/**
 * The transactional store as its clients see it: lists to which they append in transactions, while the store's host crashes. Its
 * own property looks into the store; this one believes only what clients were answered.
 */
import { describe, expect, it } from "vitest";
import { strictSerializable } from "../../../src/check/index.js";
import {
  Answer,
  defineScenario,
  defineSystem,
  type Fault,
  type Host,
  type Json,
  type Operation,
  type Outcome,
  Random,
  runOn,
  seconds,
} from "../../../src/index.js";
import { storageDefects } from "../../../src/model/storage/defects.js";
import { StoreClient, serveStore } from "../../../src/model/storage/service.js";
import { Store } from "../../../src/model/storage/store.js";
import { StoreError } from "../../../src/model/storage/transaction.js";

type Micro = readonly [f: "r" | "append", key: string, value: Json];

/** One for each host that asks: transactions are told apart by a number that each client counts for itself. */
const clients = new WeakMap<Host, StoreClient>();

function clientOn(host: Host, store: string): StoreClient {
  const known = clients.get(host) ?? new StoreClient(host, { store });
  clients.set(host, known);
  return known;
}

/** Does the micro-operations in one transaction, and says what they read. */
async function transact(host: Host, store: string, asked: readonly Micro[]): Promise<Answer> {
  const transaction = clientOn(host, store).begin();
  const seen: Json[] = [];
  try {
    for (const [f, key, value] of asked) {
      const list = ((await transaction.get(key)) ?? []) as readonly Json[];
      if (f === "append") transaction.put(key, [...list, value]);
      seen.push([f, key, f === "r" ? list : value]);
    }
  } catch (error) {
    if (error instanceof StoreError) return Answer.failed(error.code);
    throw error;
  }
  const { status } = await transaction.commit();
  if (status === "committed") return Answer.ok(seen);
  return status === "unknown" ? Answer.unknown() : Answer.failed(status);
}

const system = defineSystem({
  id: "lists",
  roles: {
    store: async (host) => {
      const store = new Store(host, { compactAfter: 16 });
      await store.open();
      serveStore(host, store);
    },
  },
  clients: ["client"],
  operations: {
    txn: (client, { body }) => {
      const asked = body as unknown as readonly Micro[];
      return client.operation("txn", { key: "", value: body }, () => transact(client.host, "store", asked));
    },
  },
  defects: storageDefects.map((defect) => ({ ...defect, caughtBy: ["store-strict"] })),
  properties: [strictSerializable({ id: "store-strict" })],
});
const scenario = defineScenario({ system, hosts: { store: 1, client: 4 } });

/** Transactions of four clients that overlap, on three lists. */
function workload(seed: number): Operation[] {
  const random = new Random(`lists/${seed}`);
  return Array.from({ length: 60 }, (_, index): Operation => {
    const body = Array.from({ length: random.between(1, 3) }, (_, part): Json => {
      const key = random.pick(["x", "y", "z"]);
      return random.chance(0.5) ? ["r", key, null] : ["append", key, 10 * index + part];
    });
    const at = seconds(1) + 40_000 * Math.floor(index / 4) + random.below(2_000);
    return { id: `t${index}`, at, host: `client-${1 + (index % 4)}`, action: "txn", body };
  });
}

/** The store's host crashes several times among them. */
function crashes(seed: number): Fault[] {
  const random = new Random(`crashes/${seed}`);
  return Array.from({ length: 10 }, (_, index): Fault => {
    const at = seconds(1) + random.below(600_000);
    return { id: `f${index}`, kind: "crash", at, for: 5_000 + random.below(20_000), target: "store" };
  });
}

function run(seed: number, defects: readonly string[] = []): Promise<Outcome> {
  return runOn(system, {
    ...scenario.plan(seed, { workload: workload(seed), defects }),
    faults: crashes(seed),
  });
}

const verdictOf = ({ properties }: Outcome) => properties.find(({ id }) => id === "store-strict")?.verdict;

describe("the transactional store, as its clients see it", () => {
  const SEEDS = 12;

  it("is strictly serializable while its host crashes", async () => {
    let committed = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await run(seed);
      expect([seed, verdictOf(outcome), outcome.violations]).toEqual([seed, "held", []]);
      committed += outcome.history.filter((event) => event.kind === "client" && event.phase === "ok").length;
    }
    expect(committed).toBeGreaterThan(10 * SEEDS);
  });

  it("is not when reads are not validated", async () => {
    const verdicts: unknown[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      verdicts.push(verdictOf(await run(seed, ["store-reads-not-validated"])));
    }
    expect(verdicts).toContain("violated");
  });
});
