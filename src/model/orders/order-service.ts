/**
 * The order service: takes orders in, has workers process them, and brings them all to an end.
 *
 * An order is accepted once its row is durable. Its place in the work queue is taken before that: who finds the queue full waits,
 * and is refused when that takes too long; nothing that was accepted is ever dropped. The queue is in memory, and the rows are
 * what counts: each has a time when it is due, and what is due (its worker was lost, or it was put off) is found by any instance
 * and queued again. Orders are handed to workers in the order in which they were queued.
 */
import type { Host } from "seedstorm";
import { MemoryChannel } from "../actors/channel.js";
import type { Channel, ChannelConfig } from "../actors/channel-api.js";
import { Caller } from "./caller.js";
import { asJson, Claim } from "./claim.js";
import { duration, loadConfig, type OrdersConfig } from "./config.js";
import { recordConfiguration } from "./configuration-facts.js";
import { GOALS } from "./goals.js";
import {
  asOrder,
  complaintOf,
  ended,
  eventKey,
  isCancellable,
  newOrder,
  type OrderRequest,
  orderKey,
  sameRequest,
} from "./order.js";
import { Processor } from "./processor.js";
import type { ProcessorContext } from "./processor-context.js";
import { Publisher } from "./publisher.js";
import { type Deployment, register, ServiceHost } from "./service.js";
import type { StoredRow } from "./store/rows.js";
import { StoreClient, UNAVAILABLE } from "./store/store-client.js";
import { Answers, Tries } from "./tries.js";
import { CANCEL, type CancelReply, CONFIGURE, PLACE, type PlaceReply } from "./wire.js";

interface Queued {
  readonly id: string;
  /** The row, once it is there; undefined if it never will be. */
  readonly row: Promise<StoredRow | undefined>;
}

const CONNECTIONS = 40;
const SCAN_LIMIT = 50;
/** A worker may ask this often, at most, before it writes the order. */
const STEPS_PER_CLAIM = 4;

export class OrderService {
  readonly #host: Host;
  readonly #deployment: Deployment;
  #config: OrdersConfig;
  readonly #room: number;
  #capacity: number;
  readonly #store: StoreClient;
  readonly #queue: Channel<Queued>;
  /** Orders in the queue or with a worker. */
  readonly #queued = new Set<string>();
  readonly #publisher: Publisher;
  #claims = 0;
  readonly #tries: Tries;
  readonly #placed: Answers<PlaceReply>;
  readonly #cancelled: Answers<CancelReply>;

  constructor(host: Host, deployment: Deployment) {
    this.#host = host;
    this.#deployment = deployment;
    this.#config = deployment.config;
    const { order, inventory } = deployment.config.services;
    this.#room = capacityOf(deployment.config, deployment);
    this.#capacity = this.#room;
    this.#store = new StoreClient(
      host,
      deployment.orderStore,
      CONNECTIONS,
      duration(inventory.database.request_timeout),
    );
    this.#publisher = new Publisher(host, deployment, this.#store);
    this.#tries = new Tries(host);
    this.#placed = new Answers<PlaceReply>(host, { status: "unknown" });
    this.#cancelled = new Answers<CancelReply>(host, { status: "unknown" });
    const queue: ChannelConfig = {
      name: "order-processing-queue",
      capacity: this.#room,
      whenFull: "block",
      sendTimeout: duration(order.channel.send_timeout),
      receiveTimeout: duration(order.channel.receive_timeout),
      // What is with a worker is in the store as well: it is found there if the worker never answers.
      ackTimeout: duration(order.channel.message_ttl),
      maxDeliveries: 1_000,
      detail: deployment.knobs.lean ? "lean" : "full",
    };
    // What the queue gives up stands in the store, and is found there.
    this.#queue = new MemoryChannel<Queued>(host, queue, ({ key }) => {
      this.#queued.delete(key);
      return true;
    });
  }

  start(): void {
    const host = this.#host;
    const { order } = this.#config.services;
    const caller = new Caller(host, this.#deployment);
    const workers = new ServiceHost<Queued, null>(
      host,
      this.#deployment,
      "order-processors",
      order.pool,
      ({ host: own, whileAlive }) => ({
        onCall: (queued) => whileAlive(this.#process(own, caller, queued)),
      }),
      STEPS_PER_CLAIM * duration(order.claim_ttl),
    );
    host.onRequest(PLACE, (request, from) => this.#placed.to(from, request, (order) => this.#place(order)));
    host.onRequest(CANCEL, (request, from) =>
      this.#cancelled.to(from, request, ({ id }) => this.#cancel(id)),
    );
    host.onRequest(CONFIGURE, ({ toml }) => this.#configure(toml));
    register(host, this.#deployment, "orders");
    void this.#dispatchForEver(workers);
    void this.#rescueForEver();
    this.#publisher.start();
  }

  async #place(request: OrderRequest): Promise<PlaceReply> {
    const complaint = complaintOf(request);
    if (complaint !== undefined) {
      this.#host.reached(GOALS.invalidPost);
      if (this.#deployment.knobs.gatewayValidates) this.#recordMalformed(request.id, complaint);
      return { status: "refused", reason: "invalid", detail: complaint };
    }
    const { id } = request;
    // Somebody has asked for it and it has its place. Should this be written before what was asked then, it is found when it is due.
    if (this.#queued.has(id))
      return this.#insert(request, (row) => {
        if (row !== undefined) this.#enqueue(row);
      });
    if (this.#queued.size >= this.#capacity) {
      if (this.#host.defect("PW6")) return this.#insert(request, () => {});
      await this.#host.sleep(duration(this.#config.services.order.channel.send_timeout));
      if (this.#queued.size >= this.#capacity) return this.#refuseFull(id);
    }
    let settle: (row: StoredRow | undefined) => void = () => {};
    const row = new Promise<StoredRow | undefined>((resolve) => {
      settle = resolve;
    });
    this.#queued.add(id);
    const sent = await this.#queue.send({ id, row }, id);
    if (!sent.ok) {
      this.#queued.delete(id);
      return this.#refuseFull(id);
    }
    return this.#insert(request, settle);
  }

  /** A gateway has let it through that should not have. */
  #recordMalformed(id: string, complaint: string): void {
    this.#host.record({
      kind: "refusal",
      operation: "place",
      reason: "invalid",
      key: id,
      detail: { complaint },
    });
  }

  #refuseFull(id: string): PlaceReply {
    this.#host.reached(GOALS.queueFull);
    this.#host.record({
      kind: "refusal",
      operation: "place",
      reason: "queue-full",
      key: id,
      detail: { queued: this.#queued.size },
    });
    return { status: "refused", reason: "queue-full", detail: `${this.#queued.size} orders wait` };
  }

  async #insert(request: OrderRequest, settle: (row: StoredRow | undefined) => void): Promise<PlaceReply> {
    const key = orderKey(request.id);
    const dueIn = duration(this.#config.services.order.claim_ttl);
    const value = asJson(newOrder(request, this.#host.clock.now()));
    const inserting = this.#store.write([{ key, expected: 0, value, dueIn }]);
    if (this.#host.defect("PW5")) {
      void inserting.then((written) =>
        settle(written !== UNAVAILABLE && written.status === "written" ? written.rows[0] : undefined),
      );
      return { status: "accepted" };
    }
    const written = await inserting;
    if (written === UNAVAILABLE) {
      settle(undefined);
      return { status: "unknown" };
    }
    switch (written.status) {
      case "written":
        settle(written.rows[0]);
        return { status: "accepted" };
      case "full":
        settle(undefined);
        return { status: "unavailable" };
      case "conflict": {
        settle(undefined);
        const isSame = sameRequest(asOrder(written.current.value), request);
        this.#host.reached(isSame ? GOALS.replayedPost : GOALS.conflictingPost);
        if (isSame || this.#host.defect("conflict-accepted")) return { status: "accepted" };
        return { status: "refused", reason: "conflict", detail: request.id };
      }
    }
  }

  async #cancel(id: string): Promise<CancelReply> {
    const key = orderKey(id);
    const read = await this.#store.read(key);
    const row = read === UNAVAILABLE ? undefined : read[0];
    if (row === undefined) return { status: "unavailable" };
    if (row.value === null) return { status: "no-such-order" };
    const order = asOrder(row.value);
    if (order.state === "cancelled" && order.reason === "by-customer") return { status: "cancelled" };
    if (
      !isCancellable(order.state) &&
      !(this.#host.defect("cancel-any-time") && order.state !== "cancelled")
    ) {
      this.#host.reached(GOALS.cancelTooLate);
      return { status: "too-late", state: order.state };
    }
    const cancelled = ended(order, "cancelled", "by-customer");
    const value = asJson(this.#host.defect("PW16") ? { ...cancelled, unsettled: false } : cancelled);
    const event = { order: id, state: "cancelled", customer: order.customer } as const;
    const written = await this.#store.write([
      { key, expected: row.version, value, dueIn: this.#host.defect("PW16") ? null : 0 },
      { key: eventKey(id, "cancelled"), expected: 0, value: asJson(event), dueIn: 0 },
    ]);
    if (written === UNAVAILABLE || written.status !== "written") return { status: "unknown" };
    this.#host.reached(GOALS.cancelled);
    return { status: "cancelled" };
  }

  /** Takes a configuration as a whole or not at all; sizes of pools and breakers count from the next start on. */
  #configure(toml: string): string | null {
    const loaded = loadConfig(toml);
    if (!loaded.ok) {
      this.#host.reached(GOALS.configRefused);
      recordConfiguration(this.#host, "refused", toml);
      if (this.#host.defect("PW18")) this.#capacity = 0;
      if (this.#host.defect("refused-configuration-resets")) this.#config = this.#deployment.config;
      return loaded.message;
    }
    this.#host.reached(GOALS.configTaken);
    recordConfiguration(this.#host, "taken", toml);
    if (this.#host.defect("configuration-taken-not-used")) return null;
    this.#config = loaded.config;
    // The queue was made for so many.
    this.#capacity = Math.min(this.#room, capacityOf(loaded.config, this.#deployment));
    return null;
  }

  async #dispatchForEver(workers: ServiceHost<Queued, null>): Promise<void> {
    for (;;) {
      const received = await this.#queue.receive("dispatcher");
      if (!received.ok) continue;
      const { delivery } = received;
      const { message } = delivery;
      const finish = workers.take(message);
      const begun = await finish.begun;
      if (!begun) {
        await delivery.nack();
        continue;
      }
      void finish.result.then(async (work) => {
        await delivery.ack();
        this.#queued.delete(message.id);
        if (!work.ok) await this.#requeue(message.id);
      });
    }
  }

  /** A worker of this host was lost with the order: nobody need wait for its claim to run out. */
  async #requeue(id: string): Promise<void> {
    const read = await this.#store.read(orderKey(id));
    const row = read === UNAVAILABLE ? undefined : read[0];
    if (row === undefined || row.value === null) return;
    if (asOrder(row.value).holder.startsWith(`${this.#host.id}/`)) this.#enqueue(row);
  }

  async #process(own: Host, caller: Caller, { row }: Queued): Promise<null> {
    const found = await row;
    if (found === undefined) return null;
    const holder = `${own.id}/${own.incarnation}/${++this.#claims}`;
    const ttl = duration(this.#config.services.order.claim_ttl);
    const context: ProcessorContext = {
      host: own,
      caller,
      config: this.#config,
      tries: this.#tries,
      publish: (event) => this.#publisher.publish(event),
    };
    await new Processor(context, new Claim(own, this.#store, holder, ttl, found)).run();
    return null;
  }

  async #rescueForEver(): Promise<void> {
    for (;;) {
      const interval = duration(this.#config.services.order.rescue_interval);
      await this.#host.sleep(interval + this.#host.random.below(interval >> 2));
      const due = await this.#store.scan("order/", SCAN_LIMIT);
      if (due === UNAVAILABLE) continue;
      for (const row of due.rows) this.#enqueue(row);
    }
  }

  /** Unless it is queued already, or there is no room: then it is found again. */
  #enqueue(row: StoredRow): void {
    const { id, state, holder } = asOrder(row.value);
    if (this.#host.defect("PW6") && state === "pending" && holder === "") return;
    if (this.#queued.has(id) || this.#queued.size >= this.#capacity) return;
    this.#queued.add(id);
    void this.#queue.send({ id, row: Promise.resolve(row) }, id).then(({ ok }) => {
      if (!ok) this.#queued.delete(id);
    });
  }
}

function capacityOf(config: OrdersConfig, { knobs }: Deployment): number {
  return knobs.queueCapacity === 0 ? config.services.order.channel.capacity : knobs.queueCapacity;
}
