/**
 * Moves money between accounts in the transactional store: each transfer reads, checks a limit over all accounts and writes
 * in one transaction, and is tried again when it conflicts with another.
 */
import { type Host, type Micros, millis, type Operation } from "seedstorm";
import { StoreClient } from "../../storage/service.js";
import { StoreError } from "../../storage/transaction.js";
import { BROKER_GOALS as GOALS } from "./goals.js";

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  /** Looks at all accounts before it decides. */
  readonly looksAtAll: boolean;
}

const TRIES = 5;
const RETRY: Micros = millis(100);
const OPENING = 100;

export function startTeller(host: Host, store: string, operations: readonly Operation[]): void {
  const client = new StoreClient(host, { store });
  const now = host.clock.monotonic();
  for (const { id, at, body } of operations) {
    const transfer = body as unknown as Transfer; // as the workload makes it
    host.after(Math.max(0, at - now), () => void carryOut(host, client, id, transfer));
  }
}

async function carryOut(
  host: Host,
  client: StoreClient,
  id: string,
  { from, to, amount, looksAtAll }: Transfer,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const transaction = client.begin();
      const source = Number((await transaction.get(`account:${from}`)) ?? OPENING);
      const target = Number((await transaction.get(`account:${to}`)) ?? OPENING);
      if (looksAtAll) {
        const due = await transaction.scanDue("receipt:", host.clock.now(), 3);
        for (const { key } of due) transaction.delete(key);
        await transaction.scanPrefix("account:");
      }
      transaction.put(`account:${from}`, source - amount);
      transaction.put(`account:${to}`, target + amount);
      transaction.put(`receipt:${id}`, { from, to, amount }, host.clock.now() + millis(5_000));
      const { status } = await transaction.commit();
      if (status === "committed") host.reached(GOALS.transferred);
      if (status === "committed" || status === "unknown") return;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    await host.sleep(RETRY + host.random.below(RETRY));
  }
}
