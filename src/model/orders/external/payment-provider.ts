/**
 * The payment provider: an outside service that authorizes, captures, voids and refunds.
 *
 * A payment is known by its token, for longer than any run lasts. A repeated call is answered as the first
 * time and recognised if it asks for something else; a declined card may be tried again under the same token.
 * An authorization lapses when it is not captured for long. To void a payment that the provider has not seen
 * spends its token: if the authorization arrives after all, it is refused. Callers that call too often are
 * told to wait. What happened is also reported by webhook, which whoever delivers those takes from here.
 */
import type { ExternalCall, ExternalModel, ExternalResult, Json, Micros } from "seedstorm";
import { SECOND } from "seedstorm";
import { Queue } from "../../actors/queue.js";

export const PAYMENTS = "payments";

/** Cards by how they behave; any other is good. */
export const CARDS = {
  good: "card-good",
  declined: "card-declined",
  /** The first attempts fail, for no fault of the card's. */
  shaky: "card-shaky",
  /** Every attempt fails so. */
  hopeless: "card-hopeless",
  /** It is authorized, and declined when the payment is captured. */
  drained: "card-drained",
} as const;
const SHAKY_FAILURES = 2;

export type PaymentStatus = "authorized" | "captured" | "voided" | "refunded" | "spent";

interface Payment {
  readonly order: string;
  readonly cents: number;
  readonly status: PaymentStatus;
  readonly authorizedAt: Micros;
  readonly card: string;
}

export type PaymentEventType = "authorized" | "captured" | "voided" | "refunded";
export interface PaymentEvent {
  readonly id: string;
  readonly type: PaymentEventType;
  readonly order: string;
  readonly cents: number;
}

export interface ProviderOptions {
  /** Calls that may come within a second. */
  readonly callsPerSecond: number;
  readonly authorizationTtl: Micros;
}

/** What the provider answers to a caller that is too fast: `rate-limited/MILLISECONDS`. */
export const RATE_LIMITED = "rate-limited/";

const refused = (error: string): ExternalResult => ({ ok: false, error });

export class PaymentProvider implements ExternalModel {
  readonly #options: ProviderOptions;
  readonly #payments = new Map<string, Payment>();
  readonly #failures = new Map<string, number>();
  /** When the calls of the last second came. */
  readonly #recent = new Queue<Micros>();
  #events: PaymentEvent[] = [];
  #eventCount = 0;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  /** Events since the last time that somebody took them. */
  takeEvents(): readonly PaymentEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  apply({ operation, token, body, at }: ExternalCall): ExternalResult {
    if (this.#isTooFast(at)) return refused(`${RATE_LIMITED}1000`);
    const payment = this.#payments.get(token);
    switch (operation) {
      case "authorize":
        return this.#authorize(token, body as unknown as { order: string; cents: number; card: string }, at); // what payment services send
      case "capture":
        return this.#capture(token, payment, at);
      case "void":
        return this.#void(token, payment, body as { readonly order?: string });
      case "refund":
        return this.#refund(token, payment);
      default:
        return refused("bad-call");
    }
  }

  #isTooFast(at: Micros): boolean {
    const since = at - SECOND;
    while ((this.#recent.peek() ?? at) <= since) this.#recent.shift();
    if (this.#recent.length >= this.#options.callsPerSecond) return true;
    this.#recent.push(at);
    return false;
  }

  #hasLapsed(payment: Payment, at: Micros): boolean {
    return payment.status === "authorized" && at - payment.authorizedAt > this.#options.authorizationTtl;
  }

  #authorize(
    token: string,
    { order, cents, card }: { readonly order: string; readonly cents: number; readonly card: string },
    at: Micros,
  ): ExternalResult {
    const known = this.#payments.get(token);
    if (known !== undefined && known.status !== "authorized" && known.status !== "captured") {
      return refused("spent");
    }
    if (known !== undefined && (known.order !== order || known.cents !== cents)) return refused("conflict");
    if (known !== undefined && !this.#hasLapsed(known, at)) return shown(known, false);
    if (card === CARDS.declined) return refused("declined");
    const failures = this.#failures.get(token) ?? 0;
    if (card === CARDS.hopeless || (card === CARDS.shaky && failures < SHAKY_FAILURES)) {
      this.#failures.set(token, failures + 1);
      return refused("processing-error");
    }
    return this.#become(token, { order, cents, status: "authorized", authorizedAt: at, card });
  }

  #capture(token: string, payment: Payment | undefined, at: Micros): ExternalResult {
    if (payment?.status === "captured") return shown(payment, false);
    if (payment === undefined || payment.status !== "authorized" || this.#hasLapsed(payment, at)) {
      return refused(payment === undefined || payment.status === "authorized" ? "not-authorized" : "spent");
    }
    if (payment.card === CARDS.drained) return refused("declined");
    return this.#become(token, { ...payment, status: "captured" });
  }

  #void(
    token: string,
    payment: Payment | undefined,
    { order = "" }: { readonly order?: string },
  ): ExternalResult {
    if (payment === undefined)
      return this.#become(token, { order, cents: 0, status: "spent", authorizedAt: 0, card: "" });
    switch (payment.status) {
      case "authorized":
        return this.#become(token, { ...payment, status: "voided" });
      case "captured":
        return refused("captured");
      default:
        return shown(payment, false);
    }
  }

  #refund(token: string, payment: Payment | undefined): ExternalResult {
    if (payment?.status === "refunded") return shown(payment, false);
    if (payment?.status !== "captured") return refused("not-captured");
    return this.#become(token, { ...payment, status: "refunded" });
  }

  #become(token: string, payment: Payment): ExternalResult {
    this.#payments.set(token, payment);
    const { order, cents, status } = payment;
    if (status !== "spent") {
      this.#events.push({ id: `evt-${++this.#eventCount}`, type: status, order, cents });
    }
    return shown(payment, true);
  }
}

function shown({ order, cents, status }: Payment, applied: boolean): ExternalResult {
  const value: Json = { order, cents, status };
  return { ok: true, value, applied };
}
