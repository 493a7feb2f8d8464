/**
 * The inventory service: reserves, commits, fulfils and releases, by optimistic locking on the stock store.
 *
 * A change is read, decided and written against the versions that were read; if somebody was faster it is decided anew. Connections
 * to the store are limited, and shared fairly among the instances. Reservations that have run out are given back by whichever
 * instance finds them first.
 */
import { type Host, MILLISECOND, type Micros, SECOND } from "seedstorm";
import { CircuitBreaker } from "../actors/breaker.js";
import { duration } from "./config.js";
import { GOALS } from "./goals.js";
import { breakerConfig, type Deployment, register, ServiceHost } from "./service.js";
import {
  asReservation,
  type Change,
  commit,
  expire,
  fulfil,
  release,
  reservationKey,
  reserve,
  restock,
  restockKey,
  stockKey,
} from "./stock.js";
import type { StoredRow } from "./store/rows.js";
import { StoreClient, UNAVAILABLE } from "./store/store-client.js";
import { COMMIT, FULFIL, RELEASE, RESERVE, RESTOCK, type StepReply, type StockRequest } from "./wire.js";

type Task =
  | (StockRequest & { readonly operation: "reserve" | "commit" | "fulfil" | "release" })
  | { readonly operation: "expire"; readonly row: StoredRow }
  | { readonly operation: "restock"; readonly id: string; readonly sku: string; readonly quantity: number };

const SWEEP_INTERVAL: Micros = SECOND;
const SWEEP_LIMIT = 20;
const BUSY: StepReply = { status: "later", after: 200 * MILLISECOND };
/** Before a change is decided anew, at most. */
const LONGEST_PAUSE: Micros = 4 * MILLISECOND;
/** A worker waits for the store this many times at most, in one request. */
const STORE_WAITS = 4;

export class InventoryService {
  readonly #host: Host;
  readonly #deployment: Deployment;
  readonly #breaker: CircuitBreaker;
  readonly #store: StoreClient;

  /** @param instances of this service, among which the store's connections are shared. */
  constructor(host: Host, deployment: Deployment, instances: number) {
    this.#host = host;
    this.#deployment = deployment;
    const { circuit_breaker, database } = deployment.config.services.inventory;
    this.#breaker = new CircuitBreaker(
      host,
      breakerConfig("inventory-db", circuit_breaker, deployment.knobs),
    );
    const { stockConnections } = deployment.knobs;
    const all = stockConnections === 0 ? database.max_connections : stockConnections;
    this.#store = new StoreClient(
      host,
      deployment.stockStore,
      Math.max(1, Math.floor(all / instances)),
      duration(database.request_timeout),
    );
  }

  start(): void {
    const { inventory } = this.#deployment.config.services;
    const workers = new ServiceHost<Task, StepReply>(
      this.#host,
      this.#deployment,
      "inventory-actors",
      inventory.pool,
      ({ host, whileAlive }) => ({ onCall: (task) => whileAlive(this.#perform(host, task)) }),
      STORE_WAITS * duration(inventory.database.request_timeout),
    );
    const answer = async (task: Task): Promise<StepReply> => {
      const work = await workers.work(task);
      if (work.ok) return work.value;
      return work.error === "busy" ? BUSY : { status: "failed" };
    };
    this.#host.onRequest(RESERVE, (request) => answer({ ...request, operation: "reserve" }));
    this.#host.onRequest(COMMIT, (request) => answer({ ...request, operation: "commit" }));
    this.#host.onRequest(FULFIL, (request) => answer({ ...request, operation: "fulfil" }));
    this.#host.onRequest(RELEASE, (request) => answer({ ...request, operation: "release" }));
    this.#host.onRequest(RESTOCK, (request) => answer({ ...request, operation: "restock" }));
    register(this.#host, this.#deployment, "inventory");
    void this.#sweepForEver(answer);
  }

  async #sweepForEver(answer: (task: Task) => Promise<StepReply>): Promise<void> {
    for (;;) {
      await this.#host.sleep(SWEEP_INTERVAL + this.#host.random.below(SWEEP_INTERVAL >> 2));
      const due = await this.#store.scan("reservation/", SWEEP_LIMIT);
      if (due === UNAVAILABLE && this.#host.defect("sweep-ends")) return;
      if (due === UNAVAILABLE) continue;
      for (const row of due.rows) await answer({ operation: "expire", row });
    }
  }

  async #perform(host: Host, task: Task): Promise<StepReply> {
    const admission = this.#breaker.admit();
    if (!admission.admitted) {
      host.reached(GOALS.breakerOpen);
      return { status: "later", after: admission.retryAfter };
    }
    const reply = await this.#change(host, task);
    admission.permit.report(
      reply.status === "failed" ? "failure" : reply.status === "done" ? "success" : "decline",
    );
    return reply;
  }

  async #change(host: Host, task: Task): Promise<StepReply> {
    const { lock_retries } = this.#deployment.config.services.inventory;
    for (let tries = 0; tries <= lock_retries; tries++) {
      const rows = await this.#store.read(...keysOf(task));
      if (rows === UNAVAILABLE) return { status: "failed" };
      const stock = await this.#withProducts(task, rows);
      if (stock === UNAVAILABLE) return { status: "failed" };
      const change = this.#decide(host, task, stock);
      if (change.outcome === "out-of-stock") return { status: "refused", reason: "out-of-stock" };
      if (change.outcome === "refused") return { status: "refused", reason: change.status };
      if (change.writes.length === 0) return { status: "done" };
      const written = await this.#store.write(change.writes);
      if (written === UNAVAILABLE || written.status === "full") return { status: "failed" };
      if (written.status === "written") {
        if (task.operation === "expire") host.reached(GOALS.reservationExpired);
        if (task.operation === "release") host.reached(GOALS.released);
        return { status: "done" };
      }
      host.reached(GOALS.versionConflict);
      await host.sleep(host.random.below(LONGEST_PAUSE));
    }
    return BUSY;
  }

  /** The rows, and those of the products that a reservation holds if they are not among them. */
  async #withProducts(
    task: Task,
    rows: readonly StoredRow[],
  ): Promise<readonly StoredRow[] | typeof UNAVAILABLE> {
    if (task.operation !== "expire") return rows;
    const reservation = rows[0];
    const lines = (reservation === undefined ? null : asReservation(reservation))?.lines ?? [];
    const products = await this.#store.read(...lines.map(({ sku }) => stockKey(sku)));
    return products === UNAVAILABLE ? products : [...rows, ...products];
  }

  #reservationTtl(): Micros {
    const { knobs, config } = this.#deployment;
    return knobs.reservationTtl === 0
      ? duration(config.services.inventory.reservation_ttl)
      : knobs.reservationTtl;
  }

  #decide(host: Host, task: Task, [first, ...rest]: readonly StoredRow[]): Change {
    if (first === undefined) return { outcome: "done", writes: [] };
    switch (task.operation) {
      case "reserve":
        return reserve(task.order, task.lines, first, rest, this.#reservationTtl());
      case "commit":
        return host.defect("reservation-not-committed") ? { outcome: "done", writes: [] } : commit(first);
      case "fulfil": {
        const change = fulfil(first, rest);
        if (change.outcome === "refused" && host.defect("reservation-not-committed"))
          return { outcome: "done", writes: [] };
        return change;
      }
      case "release":
        return release(host, task.order, first, rest);
      case "expire":
        return expire(first, rest);
      case "restock": {
        const [product] = rest;
        return product === undefined ? { outcome: "done", writes: [] } : restock(first, product, task);
      }
    }
  }
}

/** What a task reads first: what it is about, and then the products. */
function keysOf(task: Task): string[] {
  switch (task.operation) {
    case "expire":
      return [task.row.key];
    case "restock":
      return [restockKey(task.id), stockKey(task.sku)];
    default:
      return [reservationKey(task.order), ...task.lines.map(({ sku }) => stockKey(sku))];
  }
}
