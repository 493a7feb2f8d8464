/**
 * A transaction for one tenant: its keys are made of a namespace, the tenant and the rest, so that code that works for one
 * tenant can neither read nor write, nor list, what belongs to another.
 */
import type { Json, Micros } from "seedstorm";
import { keyOf, prefixOf } from "./keys.js";
import type { StoredEntry, Transaction } from "./transaction.js";

export class TenantTransaction {
  readonly tenant: string;
  readonly #transaction: Transaction;

  constructor(transaction: Transaction, tenant: string) {
    this.#transaction = transaction;
    this.tenant = tenant;
  }

  key(namespace: string, ...rest: readonly string[]): string {
    return keyOf(namespace, this.tenant, ...rest);
  }

  get(namespace: string, ...rest: readonly string[]): Promise<Json | undefined> {
    return this.#transaction.get(this.key(namespace, ...rest));
  }

  put(value: Json, namespace: string, ...rest: readonly string[]): void {
    this.#transaction.put(this.key(namespace, ...rest), value);
  }

  /** Puts an entry that `scanDue` finds from `due` on. */
  putDue(due: Micros, value: Json, namespace: string, ...rest: readonly string[]): void {
    this.#transaction.put(this.key(namespace, ...rest), value, due);
  }

  delete(namespace: string, ...rest: readonly string[]): void {
    this.#transaction.delete(this.key(namespace, ...rest));
  }

  scanPrefix(namespace: string, limit?: number): Promise<readonly StoredEntry[]> {
    return this.#transaction.scanPrefix(prefixOf(namespace, this.tenant), limit);
  }

  scanDue(namespace: string, until: Micros, limit?: number): Promise<readonly StoredEntry[]> {
    return this.#transaction.scanDue(prefixOf(namespace, this.tenant), until, limit);
  }
}
