/**
 * A worker's claim on an order: the order as the worker knows it, and the only way in which the worker changes it.
 *
 * The claim is in the order's row. Each change is written against the version that was read and begins the claim's time anew;
 * when somebody else has written meanwhile, the claim goes on if it still stands there, and is lost otherwise. So a worker that
 * was taken for lost, or whose order was cancelled, can't move it on. When the store does not answer it is asked what
 * stands there: the write may have been carried out. If it was not, and nobody else has written, it is made again, for as long as
 * the worker lives: what the worker has found out holds as before, and is not to be found out again.
 */
import { type Host, type Json, type Micros, ms } from "seedstorm";
import { invariant } from "../invariant.js";
import { GOALS } from "./goals.js";
import {
  asOrder,
  MAX_LOST_WORKERS,
  MAX_PAYMENT_ATTEMPTS,
  NEXT_STATES,
  type OrderRow,
  orderKey,
} from "./order.js";
import type { RowWrite, StoredRow } from "./store/rows.js";
import { type StoreClient, UNAVAILABLE } from "./store/store-client.js";

const READ_TRIES = 3;
/** Before a write is made again: the store may have had no room for it. */
const WRITE_PAUSE: Micros = ms(50);

export const asJson = (row: object): Json => row as Json; // rows are plain data

export class Claim {
  readonly #host: Host;
  readonly #store: StoreClient;
  readonly #holder: string;
  readonly #ttl: Micros;
  #row: StoredRow;

  /** @param row as it was read; it may have changed since. */
  constructor(host: Host, store: StoreClient, holder: string, ttl: Micros, row: StoredRow) {
    this.#host = host;
    this.#store = store;
    this.#holder = holder;
    this.#ttl = ttl;
    this.#row = row;
  }

  get order(): OrderRow {
    return asOrder(this.#row.value);
  }

  /** Takes the order up; false when somebody else has. */
  async take(): Promise<boolean> {
    const { order } = this;
    if (order.holder !== "") this.#host.reached(GOALS.rescued);
    const lostWorkers = order.holder === "" ? 0 : Math.min(order.lostWorkers + 1, MAX_LOST_WORKERS);
    const state = order.state === "pending" ? "processing-payment" : order.state;
    // A worker that was lost may have been about to be given a label.
    const doubt = order.doubt || (order.holder !== "" && order.carrier !== "");
    const taken: OrderRow = { ...order, state, holder: this.#holder, lostWorkers, doubt };
    const written = await this.#write([this.#change(taken, this.#ttl)]);
    return written === "written";
  }

  /**
   * Writes the order as it is to be, and other rows with it. `changed`: somebody else has written and left the claim; nothing
   * of it was done, and it is to be thought about anew. `lost`: the order is no business of this worker's any more.
   */
  async advance(order: OrderRow, others: readonly RowWrite[] = []): Promise<"written" | "changed" | "lost"> {
    return this.#write([this.#change({ ...order, holder: this.#holder }, this.#ttl), ...others]);
  }

  /** Writes the order and gives it back: to be taken up again after `dueIn`, or never if that is null. */
  async leave(
    order: OrderRow,
    dueIn: Micros | null,
    others: readonly RowWrite[] = [],
  ): Promise<"written" | "changed" | "lost"> {
    return this.#write([this.#change({ ...order, holder: "" }, dueIn), ...others]);
  }

  #change(order: OrderRow, dueIn: Micros | null): RowWrite {
    const { state, attempts } = this.order;
    invariant(
      order.state === state || NEXT_STATES[state].includes(order.state),
      "an order passes through its states in their order",
    );
    invariant(
      order.attempts >= attempts && order.attempts <= MAX_PAYMENT_ATTEMPTS,
      "attempts of a payment are counted up to the last one",
    );
    const { key, version } = this.#row;
    return { key, expected: version, value: asJson(order), dueIn };
  }

  async #write(writes: readonly [RowWrite, ...RowWrite[]]): Promise<"written" | "changed" | "lost"> {
    const [wanted] = writes;
    for (;;) {
      const written = await this.#store.write(writes);
      if (written !== UNAVAILABLE && written.status === "written") {
        this.#row = written.rows[0] ?? this.#row;
        return "written";
      }
      if (written !== UNAVAILABLE && written.status === "conflict") {
        return this.#found(written.current.key === this.#row.key ? written.current : this.#row, wanted);
      }
      const row = await this.#lookAgain();
      if (row === undefined) return "lost";
      if (row.version !== wanted.expected) return this.#found(row, wanted);
      await this.#host.sleep(WRITE_PAUSE);
    }
  }

  async #lookAgain(): Promise<StoredRow | undefined> {
    for (let tries = 0; tries < READ_TRIES; tries++) {
      const read = await this.#store.read(orderKey(this.order.id));
      if (read !== UNAVAILABLE) return read[0];
    }
    return undefined;
  }

  /** What stands there in place of what was read: it may be what this worker wrote, by a write that was not answered. */
  #found(row: StoredRow, wanted: RowWrite): "written" | "changed" | "lost" {
    if (row.version === wanted.expected + 1 && sameJson(row.value, wanted.value)) {
      this.#row = row;
      return "written";
    }
    const isMine = row.value !== null && asOrder(row.value).holder === this.#holder;
    if (isMine) {
      this.#row = row;
      return "changed";
    }
    this.#host.reached(GOALS.claimLost);
    return "lost";
  }
}

function sameJson(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
