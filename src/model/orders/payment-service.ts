/**
 * The payment service: asks the payment provider, through a breaker, and takes in what the provider says by webhook.
 *
 * Every payment has one token for the whole life of its order, so that whoever asks again, after a crash as after a lost answer, asks
 * for the same payment. A decline is an answer and no failure of the provider. A provider that says how long to wait is not
 * asked before, by nobody on this host. A webhook counts once its signature has been verified, however late or often it comes.
 */
import {
  type ExternalError,
  type ExternalReply,
  type Host,
  MILLISECOND,
  type Micros,
  sha256,
  TIMED_OUT,
} from "seedstorm";
import { CircuitBreaker } from "../actors/breaker.js";
import type { BreakerOutcome } from "../actors/breaker-api.js";
import { duration } from "./config.js";
import { PAYMENTS, type PaymentEvent, RATE_LIMITED } from "./external/payment-provider.js";
import { GOALS } from "./goals.js";
import { asOrder, type OrderRow, orderKey } from "./order.js";
import { breakerConfig, type Deployment, register, ServiceHost } from "./service.js";
import { StoreClient, UNAVAILABLE } from "./store/store-client.js";
import {
  AUTHORIZE,
  CAPTURE,
  type PaymentRequest,
  type StepReply,
  UNDO_PAYMENT,
  WEBHOOK,
  type Webhook,
} from "./wire.js";

type Operation = "authorize" | "capture" | "undo";
interface Task extends PaymentRequest {
  readonly operation: Operation;
}

/** The entity of the fact that a webhook was taken in. */
export const WEBHOOK_ENTITY = "webhook";

const WEBHOOK_SECRET = sha256("whsec-orders");

/** Signs a webhook's body: known to the provider and to the payment service. */
export function webhookSignature(body: string): string {
  return sha256(`${WEBHOOK_SECRET}.${body}`);
}

/** A refusal that another attempt under the same token may cure. */
const PASSING = new Set(["processing-error", "service unavailable"]);
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425]);

/** Whether the provider may take the next try: it was out of order, or nobody knows whether it has taken this one. */
const isPassing = ({ error, status = 0, unknown }: ExternalError): boolean =>
  unknown === true || PASSING.has(error) || PASSING_STATUSES.has(status) || status >= 500;

/** How long a provider that has too many calls wants to be left alone; undefined where it refuses for another reason. */
function retryAfter({ error, retryAfter }: ExternalError): Micros | undefined {
  if (retryAfter !== undefined) return retryAfter;
  return error.startsWith(RATE_LIMITED) ? Number(error.slice(RATE_LIMITED.length)) * MILLISECOND : undefined;
}
const CONNECTIONS = 2;
const BUSY: StepReply = { status: "later", after: 200 * MILLISECOND };

export class PaymentService {
  readonly #host: Host;
  readonly #deployment: Deployment;
  readonly #breaker: CircuitBreaker;
  readonly #timeout: Micros;
  readonly #store: StoreClient;
  /** By the monotonic clock: the provider has asked for peace until then. */
  #pausedUntil: Micros = 0;

  constructor(host: Host, deployment: Deployment) {
    this.#host = host;
    this.#deployment = deployment;
    const { payment, inventory } = deployment.config.services;
    this.#breaker = new CircuitBreaker(
      host,
      breakerConfig("payment-gateway", payment.circuit_breaker, deployment.knobs),
    );
    this.#timeout = duration(payment.circuit_breaker.request_timeout);
    this.#store = new StoreClient(
      host,
      deployment.orderStore,
      CONNECTIONS,
      duration(inventory.database.request_timeout),
    );
  }

  start(): void {
    const { payment } = this.#deployment.config.services;
    // A lapsed authorization takes three calls.
    const workers = new ServiceHost<Task, StepReply>(
      this.#host,
      this.#deployment,
      "payment-processors",
      payment.pool,
      ({ host, whileAlive }) => ({ onCall: (task) => whileAlive(this.#perform(host, task)) }),
      3 * this.#timeout,
    );
    const answer = async (operation: Operation, request: PaymentRequest): Promise<StepReply> => {
      const work = await workers.work({ ...request, operation });
      if (work.ok) return work.value;
      // Of a worker that was lost nobody knows whether it had asked: not an attempt to be counted.
      return BUSY;
    };
    this.#host.onRequest(AUTHORIZE, (request) => answer("authorize", request));
    this.#host.onRequest(CAPTURE, (request) => answer("capture", request));
    this.#host.onRequest(UNDO_PAYMENT, (request) => answer("undo", request));
    this.#host.onRequest(WEBHOOK, (webhook) => this.#takeIn(webhook));
    register(this.#host, this.#deployment, "payment");
  }

  async #perform(host: Host, task: Task): Promise<StepReply> {
    switch (task.operation) {
      case "authorize":
        return this.#ask(host, "authorize", task);
      case "capture": {
        const captured = await this.#ask(host, "capture", task);
        if (captured.status !== "refused" || captured.reason !== "not-authorized") return captured;
        const authorized = await this.#ask(host, "authorize", task);
        return authorized.status === "done" ? this.#ask(host, "capture", task) : authorized;
      }
      case "undo": {
        const voided = await this.#ask(host, "void", task);
        if (voided.status !== "refused" || voided.reason !== "captured") {
          if (voided.status === "done") host.reached(GOALS.voided);
          return voided;
        }
        const refunded = await this.#ask(host, "refund", task);
        if (refunded.status === "done") host.reached(GOALS.refunded);
        return refunded;
      }
    }
  }

  async #ask(
    host: Host,
    operation: string,
    { order, token, cents, card }: PaymentRequest,
  ): Promise<StepReply> {
    const wait = this.#pausedUntil - host.clock.monotonic();
    if (wait > 0) return { status: "later", after: wait };
    const admission = this.#breaker.admit();
    if (!admission.admitted) {
      host.reached(GOALS.breakerOpen);
      return host.defect("PW3") ? { status: "failed" } : { status: "later", after: admission.retryAfter };
    }
    const reply: ExternalReply<unknown> | typeof TIMED_OUT = await host.call(
      PAYMENTS,
      operation,
      token,
      { order, cents, card },
      this.#timeout,
    );
    const result = this.#resultOf(host, reply);
    admission.permit.report(this.#outcomeOf(result));
    return result;
  }

  #resultOf(host: Host, reply: ExternalReply<unknown> | typeof TIMED_OUT): StepReply {
    if (reply === TIMED_OUT) {
      return host.defect("lost-reply-taken-for-decline")
        ? { status: "refused", reason: "declined" }
        : { status: "failed" };
    }
    if (reply.ok) return { status: "done" };
    const after = retryAfter(reply);
    if (after !== undefined) {
      host.reached(GOALS.rateLimited);
      const now = host.clock.monotonic();
      const from = host.defect("waits-add-up") ? Math.max(now, this.#pausedUntil) : now;
      if (!host.defect("retry-after-ignored")) this.#pausedUntil = from + after;
      return { status: "later", after: host.defect("retry-after-ignored") ? 1 : after };
    }
    return isPassing(reply) ? { status: "failed" } : { status: "refused", reason: reply.error };
  }

  #outcomeOf(result: StepReply): BreakerOutcome {
    switch (result.status) {
      case "done":
        return "success";
      case "failed":
        return "failure";
      case "refused":
        return this.#host.defect("decline-counted-as-failure") ? "failure" : "decline";
      case "later":
        return "decline";
    }
  }

  async #takeIn({ body, signature }: Webhook): Promise<boolean> {
    if (signature !== webhookSignature(body)) {
      this.#host.reached(GOALS.webhookForged);
      this.#host.record({
        kind: "refusal",
        operation: "webhook",
        reason: "bad-signature",
        key: body,
        detail: {},
      });
      if (!this.#host.defect("webhook-unsigned")) return true;
    }
    const event = JSON.parse(body) as PaymentEvent; // only the provider can sign
    if (event.type !== "captured") return true;
    const key = orderKey(event.order);
    const read = await this.#store.read(key);
    const row = read === UNAVAILABLE ? undefined : read[0];
    if (row === undefined) return false;
    if (row.value === null) return true;
    const order = asOrder(row.value);
    if (!awaitsPayment(order)) return this.#taken(event);
    this.#host.reached(GOALS.paidByWebhook);
    const { claim_ttl } = this.#deployment.config.services.order;
    const dueIn = order.holder === "" ? 0 : duration(claim_ttl);
    const written = await this.#store.write([
      { key, expected: row.version, value: { ...order, paid: true } as object as typeof row.value, dueIn },
    ]);
    if (written === UNAVAILABLE) return false;
    const isKept = written.status === "written" || this.#host.defect("webhook-conflict-taken");
    return isKept && this.#taken(event);
  }

  /** The provider need not say it again. */
  #taken({ id, order }: PaymentEvent): true {
    if (!this.#deployment.knobs.lean) {
      this.#host.record({
        kind: "state",
        entity: WEBHOOK_ENTITY,
        name: id,
        from: "",
        to: "taken",
        detail: { order },
      });
    }
    return true;
  }
}

function awaitsPayment({ state, paid }: OrderRow): boolean {
  return !paid && (state === "pending" || state === "processing-payment" || state === "reserving-inventory");
}
