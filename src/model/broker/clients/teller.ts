/**
 * Moves money between accounts in the transactional store: each transfer reads, checks a limit over all accounts and writes
 * in one transaction, and is tried again when it conflicts with another. Each teller also collects receipts that are due, one
 * at a time, and looks at nothing else for it.
 */
import { Answer, Client, type Host, type Json, type Micros, ms, type Operation } from "seedstorm";
import { StoreClient } from "../../storage/service.js";
import { StoreError } from "../../storage/transaction.js";
import { keepNotes, stamp } from "./clerk.js";
import { BROKER_GOALS as GOALS } from "./goals.js";

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  /** Looks at all accounts before it decides. */
  readonly looksAtAll: boolean;
}

/** Who has an account. */
export const ACCOUNTS = ["anna", "bert", "carl"] as const;
/** By which each try of a transfer is recorded: as a transaction on registers. */
export const TRANSFER = "transfer";

interface Account {
  readonly balance: number;
  /** The try that wrote it: no two writes of an account are the same. */
  readonly by: string;
}

const TRIES = 5;
const RETRY: Micros = ms(100);
const COLLECT_EVERY: Micros = ms(1_500);
const OPENING = 100;
/** With one transfer of so many, by its amount, goes a transaction that keeps notes. */
const NOTES_EVERY = 3;

export function startTeller(host: Host, store: string, operations: readonly Operation[]): void {
  const teller = new Teller(host, store);
  const now = host.clock.monotonic();
  for (const { id, at, action, body } of operations) {
    host.after(Math.max(0, at - now), () => {
      if (action === "stamp") teller.stamp(id);
      else void teller.carryOut(id, body as unknown as Transfer); // as the workload makes it
    });
  }
  void teller.collect();
}

class Teller {
  readonly #host: Host;
  readonly #store: StoreClient;
  readonly #client: Client;

  constructor(host: Host, store: string) {
    this.#host = host;
    this.#store = new StoreClient(host, { store });
    this.#client = new Client(host);
  }

  async carryOut(id: string, transfer: Transfer): Promise<void> {
    const { incarnation } = this.#host;
    if (transfer.amount % NOTES_EVERY === 0) void keepNotes(this.#host, this.#store, id);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      // A teller that has come up again begins anew, and no two writes may be the same.
      const by = incarnation === 1 ? `${id}.${attempt}` : `${id}.${attempt}.${incarnation}`;
      const call = { requestId: by, key: "", value: asked(transfer, by) };
      const { phase } = await this.#client.operation(TRANSFER, call, () => this.#try(id, by, transfer));
      if (phase === "ok") this.#host.reached(GOALS.transferred);
      if (phase !== "fail") return;
      await this.#host.sleep(RETRY + this.#host.random.below(RETRY));
    }
  }

  stamp(id: string): void {
    stamp(this.#host, this.#store, id);
  }

  async collect(): Promise<void> {
    for (;;) {
      await this.#host.sleep(COLLECT_EVERY);
      try {
        const transaction = this.#store.begin();
        const [receipt] = await transaction.scanDue(RECEIPT, this.#host.clock.now(), 1);
        if (receipt === undefined) continue;
        transaction.delete(receipt.key);
        transaction.put(`${COLLECTED}${receipt.key}`, { by: this.#host.id });
        if ((await transaction.commit()).status === "committed") this.#host.reached(GOALS.collected);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
    }
  }

  async #try(id: string, by: string, transfer: Transfer): Promise<Answer> {
    const { from, to, amount, looksAtAll } = transfer;
    const { clock } = this.#host;
    const seen: (string | null)[] = [];
    try {
      const transaction = this.#store.begin();
      const source = asAccount(await transaction.get(keyOf(from)));
      const target = asAccount(await transaction.get(keyOf(to)));
      seen.push(source?.by ?? null, target?.by ?? null);
      if (looksAtAll) {
        const due = await transaction.scanDue(RECEIPT, clock.now(), 3);
        for (const { key } of due) transaction.delete(key);
        const accounts = await transaction.scanPrefix("account:");
        for (const name of ACCOUNTS) {
          seen.push(asAccount(accounts.find(({ key }) => key === keyOf(name))?.value)?.by ?? null);
        }
      }
      transaction.put(keyOf(from), { balance: (source?.balance ?? OPENING) - amount, by });
      transaction.put(keyOf(to), { balance: (target?.balance ?? OPENING) + amount, by });
      transaction.put(`${RECEIPT}${id}`, { from, to, amount }, clock.now() + ms(5_000));
      const { status } = await transaction.commit();
      if (status === "committed") return Answer.ok(answered(transfer, by, seen));
      return status === "unknown" ? Answer.unknown() : Answer.failed({ reason: status });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return Answer.failed({ reason: error.code });
    }
  }
}

/** Receipts are due after a while, and are collected by one teller. */
export const RECEIPT = "receipt:";
export const COLLECTED = "collected:";

const keyOf = (name: string): string => `account:${name}`;

const asAccount = (value: Json | undefined): Account | undefined => value as unknown as Account | undefined; // as it is put

/** What a transfer reads, in this order. */
const readBy = ({ from, to, looksAtAll }: Transfer): readonly string[] => [
  from,
  to,
  ...(looksAtAll ? ACCOUNTS : []),
];

const writes = ({ from, to }: Transfer, by: string): Json[] =>
  [...new Set([from, to])].map((name) => ["w", name, by]);

const asked = (transfer: Transfer, by: string): Json => [
  ...readBy(transfer).map((name): Json => ["r", name, null]),
  ...writes(transfer, by),
];

const answered = (transfer: Transfer, by: string, seen: readonly (string | null)[]): Json => [
  ...readBy(transfer).map((name, index): Json => ["r", name, seen[index] ?? null]),
  ...writes(transfer, by),
];
