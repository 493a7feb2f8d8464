/**
 * Keeps notes in the store by transactions of every shape: reads of keys, of prefixes and of what is due, with and without a
 * limit, before and after writes of the same transaction. What each of them asked, wrote and was answered is recorded when it
 * has committed, to be compared with a plain store.
 */
import { type Host, type Json, type Micros, ms } from "seedstorm";
import type { StoreClient } from "../../storage/service.js";
import { type StoredEntry, StoreError, type Transaction } from "../../storage/transaction.js";
import { BROKER_GOALS as GOALS } from "./goals.js";

const BOOKS = ["a", "ab", "b"] as const;
const PREFIXES = ["note:", "note:a", "note:a:", "note:ab:", "note:b:", "note:c"] as const;
const LIMITS = [undefined, undefined, 0, 1, 2, 4] as const;
const PAGES = 4;
const DUE_WITHIN: Micros = ms(3_000);
const MOST_STEPS = 7;
/** Between two steps of some: others commit meanwhile. */
const PAUSE: Micros = ms(150);
const STAMPS = 16;
const STAMP_EVERY: Micros = ms(8);

/** The entity under which what a transaction did is recorded, with the number of the transaction. */
export const EXAMINED = "examined";

const rowOf = ({ key, value, due }: StoredEntry): Json => [key, value, due ?? null];

/** One transaction; what a store does not answer is nobody's loss. */
export async function keepNotes(host: Host, store: StoreClient, id: string): Promise<void> {
  const transaction = store.begin();
  const steps: Json[] = [];
  try {
    const isSlow = host.random.below(2) === 0;
    for (let n = 2 + host.random.below(MOST_STEPS); n > 0; n--) {
      steps.push(await step(host, transaction, id));
      if (isSlow) await host.sleep(host.random.below(PAUSE));
    }
    transaction.put(`noted:${id}`, id);
    steps.push(["put", `noted:${id}`, id, null]);
    const result = await transaction.commit();
    if (result.status !== "committed") return;
    host.reached(GOALS.noted);
    host.record({
      kind: "state",
      entity: EXAMINED,
      name: id,
      from: "",
      to: String(result.txn),
      detail: { steps },
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}

async function step(host: Host, transaction: Transaction, id: string): Promise<Json> {
  const { random, clock } = host;
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T; // below the length
  const key = `note:${pick(BOOKS)}:${random.below(PAGES)}`;
  const limit = pick(LIMITS);
  switch (random.below(6)) {
    case 0:
    case 1: {
      // In microseconds, so that hardly two are due at the same time: among those a limit may choose.
      const due = random.below(3) === 0 ? undefined : clock.now() + random.below(DUE_WITHIN);
      const value = `${id}.${random.below(1_000)}`;
      transaction.put(key, value, due);
      return ["put", key, value, due ?? null];
    }
    case 2:
      transaction.delete(key);
      return ["delete", key];
    case 3:
      return ["get", key, (await transaction.get(key)) ?? null];
    case 4: {
      const prefix = pick(PREFIXES);
      const found = await transaction.scanPrefix(prefix, limit);
      return ["prefix", prefix, limit ?? null, found.map(rowOf)];
    }
    default: {
      const prefix = pick(PREFIXES);
      const until = clock.now() + random.below(DUE_WITHIN);
      const found = await transaction.scanDue(prefix, until, limit);
      return ["due", prefix, until, limit ?? null, found.map(rowOf)];
    }
  }
}

/** Writes that nobody waits for, one after the other, so that some come while others are being synced. */
export function stamp(host: Host, store: StoreClient, id: string): void {
  for (let n = 0; n < STAMPS; n++) {
    host.after(n * STAMP_EVERY, () => {
      const transaction = store.begin();
      transaction.put(`stamp:${n}`, id);
      void transaction.commit();
    });
  }
}
