/**
 * A customer: places orders and cancels some. Stands outside of the failure model.
 *
 * Orders are placed when it is time for them, whether or not earlier ones have been answered. A request that
 * was not answered, or was refused for lack of room, is asked again under the same id; in the end it may
 * remain unknown.
 */
import { type Host, type Json, type Operation, TIMED_OUT } from "seedstorm";
import type { OrdersKnobs } from "./knobs.js";
import type { OrderRequest } from "./order.js";
import { Tries } from "./tries.js";
import { CANCEL, PLACE } from "./wire.js";

interface Outcome {
  readonly phase: "ok" | "fail" | "info";
  readonly value: Json;
}

/** Refusals that may be over soon. */
const ASK_AGAIN: ReadonlySet<Json> = new Set(["unavailable", "queue-full"]);

export class Customer {
  readonly #host: Host;
  readonly #knobs: OrdersKnobs;
  readonly #gateways: readonly string[];
  readonly #tries: Tries;

  constructor(host: Host, knobs: OrdersKnobs, gateways: readonly string[]) {
    this.#host = host;
    this.#knobs = knobs;
    this.#gateways = gateways;
    this.#tries = new Tries(host);
  }

  /** @param operations this host's part of the workload: `place` and `cancel`. */
  start(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#host.after(operation.at, () => {
        void this.#perform(operation);
      });
    }
  }

  async #perform({ id: requestId, action, body }: Operation): Promise<void> {
    const order = body as unknown as OrderRequest; // what a workload of this system has for both verbs
    const record = (phase: "call" | Outcome["phase"], value: Json): void => {
      this.#host.record({ kind: "client", phase, requestId, operation: action, key: order.id, value });
    };
    record("call", this.#knobs.lean ? null : body);
    const { phase, value } = await this.#insist(
      action === "place" ? (to) => this.#place(to, order) : (to) => this.#cancel(to, order.id),
    );
    record(phase, value);
  }

  /** Asks one gateway after the other, until there is an answer that stands. */
  async #insist(ask: (gateway: string) => Promise<Outcome>): Promise<Outcome> {
    const first = this.#host.random.below(this.#gateways.length);
    let isUncertain = false;
    let last: Outcome = { phase: "info", value: null };
    for (let n = 0; n < this.#knobs.clientTries; n++) {
      if (n > 0) await this.#host.sleep(this.#knobs.clientPause);
      last = await ask(this.#gateways[(first + n) % this.#gateways.length] ?? "");
      if (last.phase === "ok") return last;
      // An earlier try that was not answered may yet find the order.
      const isPassing = ASK_AGAIN.has(last.value) || (isUncertain && last.value === "no-such-order");
      if (last.phase === "fail" && !isPassing) return last;
      if (last.phase === "info") isUncertain = true;
    }
    return isUncertain ? { phase: "info", value: last.value } : last;
  }

  async #place(gateway: string, order: OrderRequest): Promise<Outcome> {
    const reply = await this.#host.request(
      PLACE,
      gateway,
      this.#tries.next(order),
      this.#knobs.clientTimeout,
    );
    if (reply === TIMED_OUT || reply.status === "unknown") return { phase: "info", value: null };
    if (reply.status === "accepted") return { phase: "ok", value: null };
    return { phase: "fail", value: reply.status === "refused" ? reply.reason : reply.status };
  }

  async #cancel(gateway: string, id: string): Promise<Outcome> {
    const reply = await this.#host.request(
      CANCEL,
      gateway,
      this.#tries.next({ id }),
      this.#knobs.clientTimeout,
    );
    if (reply === TIMED_OUT || reply.status === "unknown") return { phase: "info", value: null };
    if (reply.status === "cancelled") return { phase: "ok", value: null };
    return { phase: "fail", value: reply.status === "too-late" ? `too late: ${reply.state}` : reply.status };
  }
}
