/**
 * A shop: delivers webhooks to the gateways until it has a definite answer, as senders do that take no answer for
 * no success. It may deliver one twice, on purpose of its workload or by accident.
 *
 * What it still has to deliver stands in a ledger of its own, which is outside the failure model: a shop that comes
 * back goes on where it was. So a webhook can be forgotten by nobody but the pipeline.
 */
import { type Host, type Micros, ms, type Operation, recordCall, seconds, TIMED_OUT } from "seedstorm";
import { invariant } from "../invariant.js";
import type { PipelineKnobs } from "./knobs.js";
import { ACCEPTED_ORDERS, type AcceptedOrder, WEBHOOK, type WebhookAnswer } from "./wire.js";

/** A webhook that a shop has to deliver. */
interface Outgoing {
  readonly operation: Operation;
  attempts: number;
  done: boolean;
}

/** A shop's ledger: it outlives its crashes. */
export class ShopLedger {
  readonly outgoing: readonly Outgoing[];
  readonly accepted: AcceptedOrder[] = [];

  /** @param operations the shop's `deliver` operations. */
  constructor(operations: readonly Operation[]) {
    this.outgoing = operations.map((operation) => ({ operation, attempts: 0, done: false }));
  }
}

const BACKOFF_FIRST = ms(250);
const BACKOFF_LAST = seconds(4);

export class Shop {
  readonly #host: Host;
  readonly #knobs: PipelineKnobs;
  readonly #gateways: readonly string[];
  readonly #ledger: ShopLedger;

  constructor(host: Host, knobs: PipelineKnobs, gateways: readonly string[], ledger: ShopLedger) {
    this.#host = host;
    this.#knobs = knobs;
    this.#gateways = gateways;
    this.#ledger = ledger;
  }

  /** @param now virtual time at boot: what should have been delivered by then is delivered at once. */
  start(now: Micros): void {
    this.#host.onRequest(ACCEPTED_ORDERS, () => this.#ledger.accepted.slice());
    for (const outgoing of this.#ledger.outgoing) {
      if (outgoing.done) continue;
      this.#host.after(outgoing.operation.at - now, () => this.#deliver(outgoing));
    }
  }

  async #deliver(outgoing: Outgoing): Promise<void> {
    invariant(!outgoing.done, "a webhook is delivered until it is done, and by one loop");
    const { clock, random } = this.#host;
    const until = clock.monotonic() + this.#knobs.shopPatience;
    let gateway = random.below(this.#gateways.length);
    for (
      let backoff = BACKOFF_FIRST;
      clock.monotonic() < until;
      backoff = Math.min(backoff * 2, BACKOFF_LAST)
    ) {
      outgoing.attempts += 1;
      const definite = await this.#post(outgoing, this.#gateways[gateway] ?? "");
      if (definite) break;
      gateway = (gateway + 1) % this.#gateways.length;
      await this.#host.sleep(random.between(Math.floor(backoff / 2), backoff));
    }
    outgoing.done = true;
    if (!this.#host.buggify("shop/deliver-again")) return;
    outgoing.attempts += 1;
    await this.#post(outgoing, this.#gateways[gateway] ?? "");
  }

  /** One attempt; true when the answer is definite. */
  async #post({ operation, attempts }: Outgoing, gateway: string): Promise<boolean> {
    const { body } = operation;
    const key = keyOf(operation);
    const requestId = `${operation.id}/${attempts}`;
    const record = recordCall(this.#host, { requestId, operation: "accept", key, value: body });
    const answer: WebhookAnswer | typeof TIMED_OUT = await this.#host.request(
      WEBHOOK,
      gateway,
      body,
      this.#knobs.webhookTimeout,
    );
    if (answer === TIMED_OUT || answer.status === "retry") {
      record("info", { reason: answer === TIMED_OUT ? "timed-out" : "retry" });
      return false;
    }
    if (answer.status === "refused") {
      record("fail", { reason: answer.reason });
      return true;
    }
    const { offset, orderId } = answer;
    this.#ledger.accepted.push({ key, offset });
    record("ok", { offset, orderId });
    return true;
  }
}

/** The webhook's idempotency key; a body without one is known by its operation. */
function keyOf({ id, body }: Operation): string {
  const deliveryId =
    typeof body === "object" && body !== null && "deliveryId" in body ? body.deliveryId : undefined;
  return typeof deliveryId === "string" && deliveryId !== "" ? deliveryId : `operation:${id}`;
}
