/**
 * What the parts of a node share: its host, settings, store, broker, keys and meters, and how a transaction is tried. A
 * conflict is tried again at once, since somebody else went on; anything else is handed to the caller, who may give up.
 */
import { type Host, MILLISECOND, type Micros } from "seedstorm";
import type { BrokerOutcome, PublishAck } from "../broker/api.js";
import { invariant } from "../invariant.js";
import { StoreError, type Transaction, type TransactionalStore } from "../storage/transaction.js";
import type { RunnerBroker } from "./broker-port.js";
import type { RunnerError } from "./errors.js";
import { GOALS } from "./goals.js";
import type { Keys } from "./keys.js";
import type { Log } from "./log.js";
import type { Meters } from "./meters.js";
import type { Settings } from "./settings.js";

export interface NodeContext {
  readonly host: Host;
  /** Names this process among all that ever were. */
  readonly life: string;
  readonly settings: Settings;
  readonly store: TransactionalStore;
  readonly broker: RunnerBroker;
  readonly keys: Keys;
  readonly meters: Meters;
  readonly log: Log;
  readonly secrets: Readonly<Record<string, string>>;
}

export type Transacted<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Extract<RunnerError, { readonly kind: "storage" }> };

/** Of one transaction against others that are quicker: then it is as if the store did not answer. */
const MOST_CONFLICTS = 50;

/** Before the next try after a conflict: what it met becomes durable meanwhile. */
const CONFLICT_PAUSE: Micros = 1 * MILLISECOND;

/** Runs `work` in a transaction and commits it. What `work` throws is thrown on, with nothing committed. */
export async function transact<T>(
  { host, store }: Pick<NodeContext, "host" | "store">,
  work: (transaction: Transaction) => Promise<T>,
): Promise<Transacted<T>> {
  for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
    const transaction = store.begin();
    try {
      const value = await work(transaction);
      const result = await transaction.commit();
      if (result.status === "committed") return { ok: true, value };
      if (result.status !== "conflict")
        return { ok: false, error: { kind: "storage", reason: result.status } };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code !== "too-old") return { ok: false, error: { kind: "storage", reason: error.code } };
    }
    await host.sleep(CONFLICT_PAUSE);
  }
  return { ok: false, error: { kind: "storage", reason: "unavailable" } };
}

/** Reads in a transaction that is never committed: what it sees is of one moment. */
export async function look<T>(
  { store }: Pick<NodeContext, "store">,
  work: (transaction: Transaction) => Promise<T>,
): Promise<Transacted<T>> {
  try {
    return { ok: true, value: await work(store.begin()) };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { ok: false, error: { kind: "storage", reason: error.code } };
  }
}

/** Whether a publish is done. One that a full stream refused is as good as not tried: it is repeated until there is room. */
export function isPublished(host: Host, { status, ...outcome }: BrokerOutcome<PublishAck>): boolean {
  if ("reason" in outcome && outcome.reason === "stream-full") host.reached(GOALS.streamFull);
  return status === "ok";
}

/** `first`, doubled with each try from the second on, up to `longest`. */
export function backoff(first: Micros, longest: Micros, tries: number): Micros {
  invariant(tries >= 1, "a pause comes after a try");
  let pause = first;
  for (let i = 1; i < tries && pause < longest; i++) pause *= 2;
  return Math.min(pause, longest);
}
