/**
 * What a worker does with an order that it has claimed: authorize → reserve → commit → capture → ship → fulfil.
 *
 * The step that can't be taken back comes late, and each is written down before the next one begins. Nothing waits here: an order
 * whose step failed, or can't be done now, is given back with the time when it is due. A payment that failed is tried five
 * times, with pauses of 1, 2, 4 and 8 seconds at least; what was not asked does not count. An order that is out of stock is
 * cancelled at once. An order that ended otherwise than completed is settled: its payment undone, its reservation released.
 */
import { type Micros, type Rpc, TIMED_OUT } from "seedstorm";
import { Failure } from "../actors/actor.js";
import { NOBODY } from "./caller.js";
import { asJson, type Claim } from "./claim.js";
import { duration } from "./config.js";
import { GOALS } from "./goals.js";
import { serviceTimeout } from "./knobs.js";
import {
  backoff,
  deadLetterKey,
  ended,
  eventKey,
  isDescribable,
  isTerminal,
  MAX_LOST_WORKERS,
  MAX_PAYMENT_ATTEMPTS,
  type OrderRow,
  type OrderState,
} from "./order.js";
import type { ProcessorContext } from "./processor-context.js";
import { type ShippingStep, ship } from "./shipping.js";
import type { RowWrite } from "./store/rows.js";
import {
  AUTHORIZE,
  CAPTURE,
  COMMIT,
  FULFIL,
  type OrderEvent,
  type PaymentRequest,
  RELEASE,
  RESERVE,
  type StepReply,
  type StockRequest,
  UNDO_PAYMENT,
} from "./wire.js";

/** Before an event is looked for by those who did not write it. */
const EVENT_GRACE: Micros = 2_000_000;

/** Whether the worker goes on with the order, or is done with it. */
type Step = "on" | "done";

export class Processor {
  readonly #context: ProcessorContext;
  readonly #claim: Claim;

  constructor(context: ProcessorContext, claim: Claim) {
    this.#context = context;
    this.#claim = claim;
  }

  /** Until the order has ended, is given back, or is somebody else's. */
  async run(): Promise<void> {
    if (!(await this.#claim.take())) return;
    let step: Step = "on";
    while (step === "on") step = await this.#step(this.#claim.order);
  }

  #step(order: OrderRow): Promise<Step> {
    if (isTerminal(order.state)) return this.#settle(order);
    const isEarly = order.state === "processing-payment" || order.state === "reserving-inventory";
    if (order.lostWorkers >= MAX_LOST_WORKERS && isEarly && !this.#context.host.defect("poison-kept")) {
      this.#context.host.reached(GOALS.poisoned);
      return this.#end(order, "cancelled", "poison");
    }
    switch (order.state) {
      case "pending":
      case "processing-payment":
        return this.#authorize(order);
      case "reserving-inventory":
        return this.#reserveAndCapture(order);
      default:
        return this.#ship(order);
    }
  }

  async #authorize(order: OrderRow): Promise<Step> {
    const reply = await this.#pay(AUTHORIZE, order);
    if (reply.status !== "done") return this.#notPaid(order, reply);
    if (this.#context.host.defect("PW1")) {
      const charged = await this.#pay(CAPTURE, order);
      if (charged.status !== "done") return this.#notPaid(order, charged);
    }
    return this.#on({ ...order, state: "reserving-inventory" });
  }

  async #reserveAndCapture(order: OrderRow): Promise<Step> {
    const { host } = this.#context;
    const tries = host.defect("retry-out-of-stock") ? 3 : 1;
    for (let n = 1; n <= tries; n++) {
      const reserved = await this.#stock(RESERVE, order);
      if (reserved.status === "refused" && reserved.reason === "out-of-stock") {
        host.record({
          kind: "refusal",
          operation: "reserve",
          reason: "out-of-stock",
          key: order.id,
          detail: { holder: order.holder },
        });
        if (n < tries) continue;
        host.reached(GOALS.outOfStock);
        return this.#end(order, "cancelled", "out-of-stock");
      }
      if (reserved.status !== "done") return this.#putOff(order, reserved);
      break;
    }
    const committed = await this.#stock(COMMIT, order);
    if (committed.status === "refused" && committed.reason === "expired") {
      host.reached(GOALS.reservedAnew);
      return "on";
    }
    if (committed.status !== "done") return this.#putOff(order, committed);
    if (!order.paid) {
      const captured = await this.#pay(CAPTURE, order);
      if (captured.status !== "done") return this.#notPaid(order, captured);
    }
    return this.#on({ ...order, state: "creating-shipment" });
  }

  async #ship(order: OrderRow): Promise<Step> {
    const step: ShippingStep = await ship(this.#context, this.#claim, order);
    switch (step.kind) {
      case "on":
        return "on";
      case "lost":
        return "done";
      case "put-off":
        return this.#leave(step.order, step.after);
      case "labelled": {
        const fulfilled = await this.#stock(FULFIL, order);
        // The label is written down whatever comes next: nobody may ask for another.
        if (fulfilled.status !== "done") return this.#putOff({ ...order, label: step.label }, fulfilled);
        if (order.state === "pending-shipment") this.#context.host.reached(GOALS.shippedLater);
        return this.#end({ ...order, label: step.label }, "completed", "");
      }
    }
  }

  /** A payment that was declined has failed; one that was asked for and failed is tried again, up to five times in all. */
  async #notPaid(order: OrderRow, reply: StepReply): Promise<Step> {
    const { host, config } = this.#context;
    if (reply.status === "refused" && reply.reason !== "not-authorized") {
      host.reached(GOALS.declined);
      return this.#end(order, "payment-failed", reply.reason);
    }
    if (reply.status === "later") return this.#putOff(order, reply);
    const attempts = order.attempts + 1;
    if (attempts >= MAX_PAYMENT_ATTEMPTS) {
      return this.#end({ ...order, attempts }, "payment-failed", "attempts-exhausted");
    }
    host.reached(GOALS.paymentRetried);
    const { first_backoff, jitter } = config.services.payment;
    const pause = host.defect("retry-without-backoff") ? 0 : backoff(duration(first_backoff), attempts);
    return this.#leave({ ...order, attempts }, pause + host.random.below(Math.floor((pause * jitter) / 100)));
  }

  /** Undoes what there may be of payment and reservation. */
  async #settle(order: OrderRow): Promise<Step> {
    if (!order.unsettled) return "done";
    const undone = await this.#pay(UNDO_PAYMENT, order);
    if (undone.status !== "done" && !(undone.status === "refused" && undone.reason === "spent")) {
      return this.#putOff(order, undone);
    }
    const released = await this.#stock(RELEASE, order);
    if (released.status !== "done") return this.#putOff(order, released);
    return this.#leave({ ...order, unsettled: false }, null);
  }

  async #end(order: OrderRow, state: OrderState, reason: string): Promise<Step> {
    const { host } = this.#context;
    const { id, customer, cents } = order;
    const event: OrderEvent = { order: id, state, customer };
    const others: RowWrite[] = [];
    if (!host.defect("event-outside-transaction")) {
      others.push({ key: eventKey(id, state), expected: 0, value: asJson(event), dueIn: EVENT_GRACE });
    }
    const isDead = state === "payment-failed" || reason === "poison";
    if (isDead && !host.defect("dead-letter-forgotten")) {
      others.push({ key: deadLetterKey(id), expected: 0, value: { id, reason, cents } });
    }
    let row = ended(order, state, reason);
    if (host.defect("PW1") && reason === "out-of-stock") row = { ...row, unsettled: false };
    const written = row.unsettled
      ? await this.#claim.advance(row, others)
      : await this.#claim.leave(row, null, others);
    if (written !== "written") return written === "changed" ? "on" : "done";
    host.reached(
      state === "completed" ? GOALS.completed : state === "cancelled" ? GOALS.released : GOALS.paymentFailed,
    );
    this.#context.publish(event);
    return "on";
  }

  #putOff(order: OrderRow, reply: StepReply): Promise<Step> {
    const pause = duration(this.#context.config.services.order.retry_pause);
    return this.#leave(order, reply.status === "later" ? Math.max(pause, reply.after) : pause);
  }

  async #on(order: OrderRow): Promise<Step> {
    return (await this.#claim.advance(order)) === "lost" ? "done" : "on";
  }

  async #leave(order: OrderRow, dueIn: Micros | null): Promise<Step> {
    return (await this.#claim.leave(order, dueIn)) === "changed" ? "on" : "done";
  }

  async #pay(rpc: Rpc<PaymentRequest, StepReply>, order: OrderRow): Promise<StepReply> {
    const { caller, config, host } = this.#context;
    const { id, cents, card, attempts, customer } = order;
    // To undo a payment takes no description of it: what can't be begun can still be settled.
    const isBegun = rpc !== UNDO_PAYMENT || host.defect("poison-settles-never");
    if (isBegun && !isDescribable(customer)) throw new Failure(`the payment of ${id} can't be described`);
    const token = host.defect("PW2") ? `${id}#${attempts}` : id;
    // An answer may take several calls of the provider.
    const timeout = 3 * serviceTimeout(config, "payment");
    return sent(await caller.ask("payment", rpc, { order: id, token, cents, card }, timeout));
  }

  async #stock(rpc: Rpc<StockRequest, StepReply>, { id, lines }: OrderRow): Promise<StepReply> {
    const { caller, config } = this.#context;
    return sent(
      await caller.ask("inventory", rpc, { order: id, lines }, serviceTimeout(config, "inventory")),
    );
  }
}

/** Who was not reached, or did not answer in time, is asked again later; it does not count as an attempt. */
function sent(reply: StepReply | typeof TIMED_OUT | typeof NOBODY): StepReply {
  return reply === TIMED_OUT || reply === NOBODY ? { status: "later", after: 0 } : reply;
}
