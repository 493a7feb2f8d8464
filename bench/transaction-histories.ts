/** Made-up histories of transactions that took place one after the other, while clients overlap. One seed, one history. */
import type { MicroOperation, Transaction } from "../src/check/transactions/index.js";
import { canonical } from "../src/check/values.js";
import type { Json } from "../src/sim/plan.js";
import { Random } from "../src/sim/random.js";

/** Appends after which a key is left alone, so that lists stay short. */
const APPENDS_PER_KEY = 32;
const ACTIVE_KEYS = 10;

export function listAppendHistory(seed: number, count: number, clients: number): Transaction[] {
  const random = new Random(`list-append/${seed}`);
  const lists = new Map<number, Json[]>();
  const appended = new Map<number, number>();
  const active = Array.from({ length: ACTIVE_KEYS }, (_, key) => key);
  let nextKey = ACTIVE_KEYS;
  const freeAt = Array.from({ length: clients }, () => random.below(100));
  const drawn = Array.from({ length: count }, (_, index) => {
    const client = freeAt.indexOf(Math.min(...freeAt));
    const call = freeAt[client] ?? 0;
    const effect = call + 1 + random.below(100);
    const ret = effect + 1 + random.below(100);
    freeAt[client] = ret + 1 + random.below(30);
    return { index, client, call, effect, ret };
  });
  const transactions: Transaction[] = [];
  for (const { index, client, call, ret } of drawn.sort((a, b) => a.effect - b.effect)) {
    const operations = Array.from({ length: random.between(1, 4) }, (): MicroOperation => {
      const place = random.below(ACTIVE_KEYS);
      const key = active[place] ?? 0;
      const list = lists.get(key) ?? [];
      if (random.chance(0.5)) return { f: "read", key: canonical(key), value: [...list] };
      const serial = (appended.get(key) ?? 0) + 1;
      appended.set(key, serial);
      lists.set(key, [...list, serial]);
      if (serial === APPENDS_PER_KEY) active[place] = nextKey++;
      return { f: "append", key: canonical(key), value: serial };
    });
    // Times that are a little finer than the clients' keep all positions apart.
    transactions.push({
      client: String(client),
      operations,
      outcome: "committed",
      call: call * count + index,
      ret: ret * count + index,
    });
  }
  return transactions;
}
