/**
 * The publisher of order events: delivers what is in the store's outbox to each subscriber at least once.
 *
 * An event is written with the change that it is about, and deleted when all subscribers have taken it, or brokers keep it for them.
 * Who wrote it publishes it at once; what is left over, for whatever reason, is found in the outbox.
 */
import type { Host } from "seedstorm";
import { type DeliverEvent, eventDelivery } from "./event-delivery.js";
import { eventKey } from "./order.js";
import type { Deployment } from "./service.js";
import type { StoredRow } from "./store/rows.js";
import { type StoreClient, UNAVAILABLE } from "./store/store-client.js";
import type { OrderEvent } from "./wire.js";

const SCAN_LIMIT = 20;

export class Publisher {
  readonly #host: Host;
  readonly #deployment: Deployment;
  readonly #store: StoreClient;
  readonly #deliverEvent: DeliverEvent;
  /** Keys of events that are being delivered. */
  readonly #underWay = new Set<string>();

  constructor(host: Host, deployment: Deployment, store: StoreClient) {
    this.#host = host;
    this.#deployment = deployment;
    this.#store = store;
    this.#deliverEvent = eventDelivery(host, deployment);
  }

  start(): void {
    void this.#sweepForEver();
  }

  /** An event that was written just now. */
  publish(event: OrderEvent): void {
    const key = eventKey(event.order, event.state);
    void this.#deliver({ key, value: { ...event }, version: 1, due: null });
  }

  async #sweepForEver(): Promise<void> {
    for (;;) {
      await this.#host.sleep(this.#deployment.knobs.publishInterval);
      const due = await this.#store.scan("event/", SCAN_LIMIT);
      if (due === UNAVAILABLE) continue;
      for (const row of due.rows) void this.#deliver(row);
    }
  }

  async #deliver({ key, value, version }: StoredRow): Promise<void> {
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    const event = value as unknown as OrderEvent; // rows under `event/` are written as such
    const isTaken = (await this.#deliverEvent(event)) || this.#host.defect("event-dropped-untaken");
    if (isTaken) await this.#store.write([{ key, expected: version, value: null }]);
    this.#underWay.delete(key);
  }
}
