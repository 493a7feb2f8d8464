/** What payment provider, carriers and mail service say that they have done, by order. A view that several properties share. */
import type { EventOf, HistoryEvent } from "seedstorm";
import { type Check, ensure, fields, text, type ViewKind, whole } from "seedstorm/check";
import { CARRIERS } from "../external/carrier.js";
import { MAIL } from "../external/mail.js";
import { PAYMENTS } from "../external/payment-provider.js";

export type ExternalEvent = EventOf<"external">;

export interface Payment {
  readonly token: string;
  readonly order: string;
  readonly cents: number;
  readonly status: string;
  readonly event: ExternalEvent;
}

export interface Label {
  readonly order: string;
  readonly number: string;
  readonly carrier: string;
  readonly event: ExternalEvent;
}

export const isCarrier = (service: string): boolean => (CARRIERS as readonly string[]).includes(service);

export class External implements Check {
  /** By order, and then by token. */
  readonly payments = new Map<string, Map<string, Payment>>();
  /** Labels that are not voided, by order and then by carrier and token. */
  readonly labels = new Map<string, Map<string, Label>>();
  readonly mails = new Map<string, ExternalEvent[]>();
  /** Calls of the provider for a payment, by order. */
  readonly paymentCalls = new Map<string, number>();
  /** The first time that the provider declined, by order. */
  readonly declined = new Map<string, ExternalEvent>();
  /** The order that the event at hand says something new of. */
  about: string | undefined = undefined;

  on(event: HistoryEvent): void {
    this.about = undefined;
    if (event.kind !== "external") return;
    if (event.service === PAYMENTS) this.#payment(event);
    else if (event.phase !== "applied") return;
    else if (event.service === MAIL) {
      this.about = text(event.value, "order");
      ensure(this.mails, this.about, () => []).push(event);
    } else if (isCarrier(event.service)) this.#label(event);
  }

  /** Payments of an order that the customer is charged for, or that are still reserved on the card. */
  charged(order: string): Payment[] {
    return this.#withStatus(order, "captured");
  }

  open(order: string): Payment[] {
    return this.#withStatus(order, "authorized");
  }

  liveLabels(order: string): Label[] {
    return [...(this.labels.get(order)?.values() ?? [])];
  }

  #withStatus(order: string, status: string): Payment[] {
    return [...(this.payments.get(order)?.values() ?? [])].filter((payment) => payment.status === status);
  }

  #payment(event: ExternalEvent): void {
    if (event.phase === "attempt") {
      if (event.operation !== "authorize" && event.operation !== "capture") return;
      const order = text(event.value, "order");
      this.paymentCalls.set(order, (this.paymentCalls.get(order) ?? 0) + 1);
    } else if (event.phase === "reply") {
      const [order = ""] = event.token.split("#");
      if (text(event.value, "error") === "declined" && !this.declined.has(order))
        this.declined.set(order, event);
    } else {
      const order = text(event.value, "order");
      this.about = order;
      ensure(this.payments, order, () => new Map()).set(event.token, {
        token: event.token,
        order,
        cents: whole(event.value, "cents") ?? 0,
        status: text(event.value, "status"),
        event,
      });
    }
  }

  #label(event: ExternalEvent): void {
    const order = text(event.value, "order");
    this.about = order;
    const live = ensure(this.labels, order, () => new Map());
    const key = `${event.service}/${event.token}`;
    if (event.operation === "void-label") live.delete(key);
    else live.set(key, { order, number: text(event.value, "label"), carrier: event.service, event });
  }
}

export const external: ViewKind<External> = { subscribes: ["external"], start: () => new External() };

/** What a reply says went wrong; empty for a success. */
export const errorOf = (event: ExternalEvent): string => String(fields(event.value)?.error ?? "");
