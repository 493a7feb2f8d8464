/** Rows that nothing happens to: transactions on them are carried out at once, and nothing is written to a disk. */
import type { Row } from "../../../src/model/saga/table.js";
import { SerialTransaction } from "../../../src/model/storage/serial-transaction.js";
import { NEWEST, Versions } from "../../../src/model/storage/versions.js";
import type { Write } from "../../../src/sim/history.js";

export class PlainRows {
  readonly #versions = new Versions();
  #txn = 0;

  get(key: string): Row | undefined {
    return this.#versions.get(key, NEWEST)?.value as Row | undefined; // only rows are written
  }

  apply(writes: readonly Write[]): void {
    this.execute((rows) => {
      for (const { key, value } of writes) {
        if (value === null) rows.delete(key);
        else rows.put(key, value);
      }
    });
  }

  /** What the work gives, and what it wrote. */
  execute<T>(work: (rows: SerialTransaction) => T): { readonly value: T; readonly writes: readonly Write[] } {
    const transaction = new SerialTransaction(this.#versions);
    const value = work(transaction);
    transaction.end();
    const { writes } = transaction.request("", this.#txn);
    this.#versions.apply(++this.#txn, writes);
    return { value, writes: writes.map(({ key, value = null }) => ({ key, value })) };
  }
}
