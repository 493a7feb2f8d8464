/**
 * Rows with versions: what a store makes of a transaction, apart from how it keeps the result.
 *
 * A transaction writes some rows together or not at all. Each write says which version of its row it was made for (0 for a row
 * that is not there); if any row has another by now, nothing is written. A version counts the writes of its row and is never
 * used again, also after a deletion. A row may be due at some time, by the store's clock.
 */
import type { Json, Micros } from "seedstorm";
import { invariant } from "../../invariant.js";

export interface StoredRow {
  readonly key: string;
  readonly value: Json;
  readonly version: number;
  /** When somebody should look at it; null when nobody need. */
  readonly due: Micros | null;
}

export interface RowWrite {
  readonly key: string;
  /** The version that it was made for. */
  readonly expected: number;
  /** Null to delete the row. */
  readonly value: Json;
  /** Due after so long; left out or null for never. */
  readonly dueIn?: Micros | null;
}

export type Evaluation =
  | { readonly ok: true; readonly rows: readonly StoredRow[] }
  /** What stands where another version was expected. */
  | { readonly ok: false; readonly current: StoredRow };

export class Rows {
  /** Deleted rows stay as rows without a value, for their versions. */
  readonly #rows = new Map<string, StoredRow>();
  readonly #due = new Map<string, StoredRow>();

  /** A row that is not there has version 0 or that of its deletion, and the value null. */
  get(key: string): StoredRow {
    return this.#rows.get(key) ?? { key, value: null, version: 0, due: null };
  }

  /** Rows whose keys begin so and that are due, at most `limit`, in the order in which they were last written. */
  due(prefix: string, now: Micros, limit: number): StoredRow[] {
    const found: StoredRow[] = [];
    for (const row of this.#due.values()) {
      if (found.length >= limit) break;
      if ((row.due ?? now + 1) <= now && row.key.startsWith(prefix)) found.push(row);
    }
    return found;
  }

  /** What the writes would make at this time; nothing is changed. */
  evaluate(writes: readonly RowWrite[], now: Micros, checked: boolean): Evaluation {
    const rows: StoredRow[] = [];
    for (const { key, expected, value, dueIn } of writes) {
      const current = this.get(key);
      if (checked && current.version !== expected) return { ok: false, current };
      const due = dueIn === undefined || dueIn === null ? null : now + dueIn;
      rows.push({ key, value, version: current.version + 1, due });
    }
    return { ok: true, rows };
  }

  apply(rows: readonly StoredRow[]): void {
    for (const row of rows) {
      invariant(
        row.version > (this.#rows.get(row.key)?.version ?? 0),
        "each write of a row has a later version",
      );
      this.#rows.set(row.key, row);
      this.#due.delete(row.key);
      if (row.due !== null && row.value !== null) this.#due.set(row.key, row);
    }
  }

  all(): StoredRow[] {
    return [...this.#rows.values()];
  }
}
