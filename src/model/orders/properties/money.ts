/**
 * What customers pay: once for what they get, nothing for what they don't, and no more often tried than was promised. By the
 * provider's own word.
 */
import { type EventOf, type HistoryEvent, type Micros, SECOND } from "seedstorm";
import {
  type Check,
  type CheckContext,
  fields,
  list,
  type Property,
  text,
  time,
  when,
} from "seedstorm/check";
import { PAYMENTS, RATE_LIMITED } from "../external/payment-provider.js";
import { isTerminal, MAX_PAYMENT_ATTEMPTS } from "../order.js";
import { type ExternalEvent, errorOf, external, isCarrier } from "./external.js";
import { orders, stock } from "./rows.js";

/** How long a provider that has too many calls wants to be left alone, in its own words or with a status. */
function waitAskedFor(event: EventOf<"external">): Micros | undefined {
  const { retryAfter } = fields(event.value) ?? {};
  if (typeof retryAfter === "number") return retryAfter;
  const error = errorOf(event);
  return error.startsWith(RATE_LIMITED) ? Number(error.slice(RATE_LIMITED.length)) * 1_000 : undefined;
}

export const noDoubleCharge: Property = {
  id: "no-double-charge",
  alias: "P1",
  kind: "always",
  sentence: "A customer is charged at most once for an order, refunds taken off, and for what it costs.",
  subscribes: ["external", "durable"],
  start(context) {
    const view = context.view(external);
    const { orders: tracked } = context.view(orders);
    return {
      subscribes: ["external"],
      on(event) {
        const { about } = view;
        if (about === undefined) return;
        const charged = view.charged(about);
        if (charged.length === 0) return;
        context.checked();
        if (charged.length > 1) {
          context.violated(
            about,
            `${about} was charged ${charged.length} times: ${list(charged.map(({ token, event: at }) => `${when(at)} for token ${token}`))}.`,
            charged.map((payment) => payment.event),
          );
        }
        const order = tracked.get(about);
        const wrong = charged.find(({ cents }) => order !== undefined && cents !== order.row.cents);
        if (order === undefined || wrong === undefined) return;
        context.violated(
          about,
          `${about} costs ${order.row.cents} cents, and ${wrong.cents} were charged for it ${when(wrong.event)}.`,
          [order.event, event],
        );
      },
    };
  },
};

export const endedLeavesNothing: Property = {
  id: "ended-leaves-nothing",
  alias: "P3",
  kind: "eventually",
  sentence:
    "Of an order that was cancelled or not paid nothing is left: no charge, no authorization, no reservation.",
  subscribes: ["external", "durable"],
  start(context) {
    const view = context.view(external);
    const { orders: tracked } = context.view(orders);
    const stores = context.view(stock);
    return {
      subscribes: [],
      end(at) {
        for (const { id, row, states } of tracked.values()) {
          if (row.state !== "cancelled" && row.state !== "payment-failed") continue;
          const ended = states.get(row.state);
          if (ended === undefined || at - ended.at < SETTLED_WITHIN) continue;
          context.checked();
          const left: { readonly what: string; readonly event: HistoryEvent }[] = [];
          for (const { event } of view.charged(id)) left.push({ what: `charged ${when(event)}`, event });
          for (const { event } of view.open(id)) left.push({ what: `authorized ${when(event)}`, event });
          const reservation = stores.reservations.get(id);
          const status = reservation?.row.status;
          if (reservation !== undefined && status !== "released" && status !== "expired") {
            left.push({ what: `has a reservation that is ${status}`, event: reservation.event });
          }
          if (row.unsettled) left.push({ what: "is still to be settled", event: ended });
          if (left.length === 0) continue;
          context.violated(
            id,
            `${id} ended as ${row.state} (${row.reason}) ${when(ended)}, but at ${time(at)} it is still ${list(left.map(({ what }) => what))}.`,
            [...left.map(({ event }) => event), ended],
          );
        }
      },
    };
  },
};
/** In the quiet period: void and release are asked for again every half second, behind a breaker of 3 s. */
const SETTLED_WITHIN: Micros = 20 * SECOND;

export const fiveAttempts: Property = {
  id: "five-payment-attempts",
  alias: "P7",
  kind: "always",
  sentence:
    "A payment has failed after exactly five attempts that the provider was really asked for, or a decline, and leaves one dead letter.",
  subscribes: ["external", "durable"],
  start(context) {
    const view = context.view(external);
    const rows = context.view(orders);
    const dead = new Map<string, HistoryEvent>();
    return {
      subscribes: ["durable"],
      on(event) {
        for (const id of rows.deadLetters) {
          const first = dead.get(id);
          if (first !== undefined) {
            context.violated(id, `${id} has two dead letters, of ${time(first.at)} and ${time(event.at)}.`, [
              first,
              event,
            ]);
          }
          dead.set(id, event);
        }
        for (const { order, before, after } of rows.changes) {
          const asked = view.paymentCalls.get(order.id) ?? 0;
          if (after.attempts > (before?.attempts ?? 0)) {
            context.checked();
            if (after.attempts > asked) {
              context.violated(
                order.id,
                `${order.id} counts ${after.attempts} failed attempts ${when(event)}, but the provider was asked ${asked} times.`,
                [event],
              );
            }
          }
          if (after.state !== "payment-failed" || before?.state === "payment-failed") continue;
          context.checked();
          if (!dead.has(order.id)) {
            context.violated(
              order.id,
              `The payment of ${order.id} failed ${when(event)} without a dead letter.`,
              [event],
            );
          }
          const isDeclined = after.reason === "declined";
          if (isDeclined ? view.declined.has(order.id) : after.attempts === MAX_PAYMENT_ATTEMPTS) continue;
          context.violated(
            order.id,
            isDeclined
              ? `The payment of ${order.id} failed ${when(event)} as declined, which the provider had not said.`
              : `The payment of ${order.id} failed ${when(event)} (${after.reason}) after ${after.attempts} attempts.`,
            [event],
          );
        }
      },
    };
  },
};

export const backoffKept: Property = {
  id: "payment-backoff",
  kind: "always",
  sentence:
    "Between two failed payment attempts of an order there are 1, 2, 4 and 8 seconds at least, give or take a drifting clock.",
  subscribes: ["external", "durable"],
  start(context) {
    const rows = context.view(orders);
    /** Calls of the provider since the last failure that was counted, which may have become durable late. */
    const calls = new Map<string, { readonly first: ExternalEvent; last: ExternalEvent }>();
    const failed = new Map<string, ExternalEvent>();
    return {
      on(event) {
        if (event.kind === "external") {
          if (event.service !== PAYMENTS || event.phase !== "attempt") return;
          const order = text(event.value, "order");
          const known = calls.get(order);
          if (known === undefined) calls.set(order, { first: event, last: event });
          else known.last = event;
          return;
        }
        for (const { order, before, after } of rows.changes) {
          const call = calls.get(order.id);
          if (after.attempts === (before?.attempts ?? 0) || call === undefined) continue;
          const earlier = failed.get(order.id);
          failed.set(order.id, call.first);
          calls.delete(order.id);
          if (earlier === undefined) continue;
          context.checked();
          const least = (1 << (after.attempts - 2)) * SECOND;
          // Clocks may go wrong by a twentieth.
          if (call.last.at - earlier.at >= least - Math.floor(least / 10)) continue;
          context.violated(
            order.id,
            `The payment of ${order.id} was tried ${when(earlier)}, failed, and was tried again ${when(call.last)}: sooner than after ${time(least)}.`,
            [earlier, call.last],
          );
        }
      },
    };
  },
};

export const retryAfterKept: Property = {
  id: "retry-after-kept",
  kind: "always",
  sentence: "A host that the payment provider has asked to wait does not call it before that time is over.",
  subscribes: ["external", "host"],
  start: (context) => leavesAlone(context, (service) => service === PAYMENTS),
};

export const carrierWaitKept: Property = {
  id: "carrier-wait-kept",
  kind: "always",
  sentence: "A host that a carrier has asked to wait does not call that carrier before that time is over.",
  subscribes: ["external", "host"],
  start: (context) => leavesAlone(context, isCarrier),
};

/** Whether a service is left alone for as long as it asks for, by each host to which it says so: by the life that heard it. */
function leavesAlone(context: CheckContext, isMeant: (service: string) => boolean): Check {
  const waits = new Map<string, { readonly event: ExternalEvent; readonly until: Micros }>();
  return {
    on(event) {
      if (event.kind === "host" && event.phase === "crash") {
        for (const [subject, { event: asked }] of waits) if (asked.host === event.host) waits.delete(subject);
      }
      if (event.kind !== "external" || event.phase === "applied" || !isMeant(event.service)) return;
      const subject = `${event.host} ${event.service}`;
      if (event.phase === "reply") {
        const wait = waitAskedFor(event);
        if (wait === undefined) return;
        // Clocks may go wrong by a twentieth.
        waits.set(subject, { event, until: event.at + wait - Math.floor(wait / 10) });
        return;
      }
      const last = waits.get(subject);
      if (last === undefined) return;
      context.checked();
      if (event.at >= last.until) return;
      context.violated(
        event.host,
        `${event.host} was told to wait ${when(last.event)}, and asked again for ${event.token} ${when(event)}.`,
        [last.event, event],
      );
    },
  };
}

/** An order that was put off is due after half a second at least, and found within another. */
const ASKED_AGAIN_WITHIN: Micros = 1_500_000;

export const waitEnds: Property = {
  id: "provider-wait-ends",
  kind: "always",
  sentence:
    "On a quiet day the payment provider is asked again soon after the time for which it wanted peace, if orders wait for that.",
  subscribes: ["external", "durable"],
  start(context) {
    const rows = context.view(orders);
    const isQuiet = context.plan.faults.length === 0;
    /** Orders that were put off so and not tried since. */
    const waiting = new Map<string, ExternalEvent>();
    /** The last time that the provider asked anybody to wait; undefined once it has been asked after that. */
    let last: ExternalEvent | undefined;
    let until: Micros = 0;

    function judge(at: Micros): void {
      const [first] = waiting;
      if (last === undefined || first === undefined || at <= until) return;
      const [order, put] = first;
      context.checked();
      if (at - until > ASKED_AGAIN_WITHIN) {
        context.violated(
          order,
          `${order} was put off ${when(put)}; the provider wanted peace until ${time(until)}, and until ${time(at)} nobody asked it anything.`,
          [put, last],
        );
      }
      last = undefined;
    }

    return {
      on(event) {
        if (!isQuiet) return;
        if (event.kind === "durable") {
          for (const { order, after } of rows.changes) if (isTerminal(after.state)) waiting.delete(order.id);
          return;
        }
        if (event.kind !== "external" || event.service !== PAYMENTS) return;
        // The token of a payment is its order.
        if (event.phase === "attempt") {
          judge(event.at);
          waiting.delete(event.token);
        } else if (event.phase === "reply") {
          const error = errorOf(event);
          if (!error.startsWith(RATE_LIMITED)) return;
          waiting.set(event.token, event);
          last = event;
          until = event.at + Number(error.slice(RATE_LIMITED.length)) * 1_000;
        }
      },
      end: judge,
    };
  },
};

export const paidIsCaptured: Property = {
  id: "paid-is-captured",
  kind: "always",
  sentence: "An order is taken for paid only when the provider has captured its payment.",
  subscribes: ["external", "durable"],
  start(context) {
    const view = context.view(external);
    const rows = context.view(orders);
    return {
      subscribes: ["durable"],
      on(event) {
        for (const { order, before, after } of rows.changes) {
          if (!after.paid || before?.paid === true) continue;
          context.checked();
          const payments = [...(view.payments.get(order.id)?.values() ?? [])];
          if (payments.some(({ status }) => status === "captured" || status === "refunded")) continue;
          context.violated(
            order.id,
            `${order.id} was taken for paid ${when(event)}, but the provider had captured nothing for it.`,
            [event],
          );
        }
      },
    };
  },
};
