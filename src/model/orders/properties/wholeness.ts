/**
 * What a completed order is, and the way there: paid for once, its pieces taken, one label made, one confirmation sent; legal steps
 * only, and one event for the one that ends it.
 */
import { type HistoryEvent, type Micros, SECOND } from "seedstorm";
import { count, list, type Property, time, when } from "seedstorm/check";
import { ADDRESSES } from "../external/carrier.js";
import { isTerminal, NEXT_STATES } from "../order.js";
import { external } from "./external.js";
import { orders, stock } from "./rows.js";

export const completedIsWhole: Property = {
  id: "completed-is-whole",
  alias: "P2",
  kind: "always",
  sentence:
    "A completed order has one charge, one live reservation of its pieces and one label, which is the one that it names.",
  subscribes: ["external", "durable"],
  start(context) {
    const view = context.view(external);
    const rows = context.view(orders);
    const stores = context.view(stock);

    /** What is missing of a completed order; undefined when nothing is. */
    function flaw(id: string): string | undefined {
      const row = rows.orders.get(id)?.row;
      if (row?.state !== "completed") return undefined;
      context.checked();
      const charges = view.charged(id).length;
      if (charges !== 1) return count(charges, "charge");
      const reservation = stores.reservations.get(id)?.row;
      const { status = "missing" } = reservation ?? {};
      if (status !== "held" && status !== "committed" && status !== "fulfilled")
        return `its reservation is ${status}`;
      const isOther = row.lines.some(
        ({ sku, quantity }, i) =>
          reservation?.lines[i]?.sku !== sku || reservation.lines[i]?.quantity !== quantity,
      );
      if (isOther) return "its reservation is for something else";
      const labels = view.liveLabels(id);
      if (labels.length !== 1) return count(labels.length, "live label");
      return labels[0]?.number === row.label
        ? undefined
        : `label ${row.label}, but the carrier made ${labels[0]?.number}`;
    }

    function judge(id: string, event: HistoryEvent): void {
      const found = flaw(id);
      const completed = rows.orders.get(id)?.states.get("completed");
      if (found === undefined || completed === undefined) return;
      context.violated(
        id,
        `${id} was completed ${when(completed)}, but at ${time(event.at)} there is this to be said of it: ${found}.`,
        [completed, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "external") {
          if (view.about !== undefined) judge(view.about, event);
        } else {
          for (const { order } of rows.changes) judge(order.id, event);
        }
      },
      end() {
        for (const { id, event } of rows.orders.values()) judge(id, event);
      },
    };
  },
};

export const oneLabel: Property = {
  id: "one-label",
  alias: "P5",
  kind: "always",
  sentence: "There is at most one label for an order that is not voided, over all carriers.",
  subscribes: ["external"],
  start(context) {
    const view = context.view(external);
    return {
      on() {
        if (view.about === undefined) return;
        const labels = view.liveLabels(view.about);
        if (labels.length === 0) return;
        context.checked();
        if (labels.length < 2) return;
        const which = list(labels.map(({ carrier, event }) => `by ${carrier} ${when(event)}`));
        context.violated(
          view.about,
          `${view.about} has ${labels.length} labels: ${which}.`,
          labels.map(({ event }) => event),
        );
      },
    };
  },
};

export const legalSteps: Property = {
  id: "legal-steps",
  alias: "P16",
  kind: "always",
  sentence: "An order begins as pending, takes legal steps only, and has one event for the one that ends it.",
  subscribes: ["durable"],
  start(context) {
    const rows = context.view(orders);
    const ends = new Map<string, HistoryEvent>();
    return {
      on(event) {
        for (const id of rows.eventsFor) {
          const first = ends.get(id);
          context.checked();
          if (first !== undefined) {
            context.violated(
              id,
              `${id} has two events for its end, of ${time(first.at)} and ${time(event.at)}.`,
              [first, event],
            );
          }
          ends.set(id, event);
        }
        for (const { order, before, after } of rows.changes) {
          if (before?.state === after.state) continue;
          context.checked();
          const isLegal =
            before === undefined
              ? after.state === "pending"
              : NEXT_STATES[before.state].includes(after.state);
          if (!isLegal) {
            context.violated(
              order.id,
              `${order.id} went from ${before?.state ?? "nothing"} to ${after.state} ${when(event)}.`,
              [event],
            );
          } else if (isTerminal(after.state) && !ends.has(order.id)) {
            context.violated(
              order.id,
              `${order.id} ended as ${after.state} ${when(event)} without an event.`,
              [event],
            );
          }
        }
      },
    };
  },
};

export const confirmedOnce: Property = {
  id: "one-confirmation",
  kind: "always",
  sentence: "A confirmation is sent for completed orders only, and once for each.",
  subscribes: ["external", "durable"],
  start(context) {
    const view = context.view(external);
    const rows = context.view(orders);
    return {
      subscribes: ["external"],
      on(event) {
        const mails = view.about === undefined ? [] : (view.mails.get(view.about) ?? []);
        if (view.about === undefined || mails[mails.length - 1] !== event) return;
        context.checked();
        const state = rows.orders.get(view.about)?.row.state;
        if (state !== "completed") {
          context.violated(
            view.about,
            `${view.about} was confirmed ${when(event)}, while it was ${state ?? "absent"}.`,
            [event],
          );
        } else if (mails.length > 1) {
          context.violated(
            view.about,
            `${view.about} was confirmed ${mails.length} times, the last time ${when(event)}.`,
            mails,
          );
        }
      },
    };
  },
};

/** In the quiet period: the outbox is looked through every fifth of a second. */
const CONFIRMED_WITHIN: Micros = 20 * SECOND;

export const confirmationSent: Property = {
  id: "confirmation-sent",
  kind: "eventually",
  sentence: "Each completed order is confirmed, and each event reaches all of its subscribers.",
  subscribes: ["external", "durable"],
  start(context) {
    const view = context.view(external);
    const rows = context.view(orders);
    return {
      subscribes: [],
      end(at) {
        for (const { id, states } of rows.orders.values()) {
          const completed = states.get("completed");
          if (completed === undefined || at - completed.at < CONFIRMED_WITHIN) continue;
          context.checked();
          if (view.mails.has(id)) continue;
          context.violated(id, `${id} was completed ${when(completed)} and never confirmed.`, [completed]);
        }
        for (const [key, event] of rows.outbox) {
          if (at - event.at < CONFIRMED_WITHIN) continue;
          context.violated(
            key,
            `The event ${key} was written ${when(event)}, and not everybody has taken it.`,
            [event],
          );
        }
      },
    };
  },
};

/** In the quiet period: breakers of 3 s, two tries with each carrier, a pause of 2 s after all of them. */
const SHIPPED_WITHIN: Micros = 45 * SECOND;

export const shippedInTheEnd: Property = {
  id: "pending-is-shipped",
  kind: "eventually",
  sentence: "A shipment that is pending is made once carriers are well, if any of them goes there.",
  subscribes: ["durable"],
  start(context) {
    const rows = context.view(orders);
    return {
      subscribes: [],
      end(at) {
        for (const { id, row, states } of rows.orders.values()) {
          const pending = states.get("pending-shipment");
          if (pending === undefined || row.address === ADDRESSES.nowhere) continue;
          if (at - Math.max(pending.at, context.plan.healAt) < SHIPPED_WITHIN) continue;
          context.checked();
          if (row.state !== "pending-shipment") continue;
          context.violated(
            id,
            `${id} has been paid for and waited for a carrier since ${time(pending.at)}; at ${time(at)} it still does.`,
            [pending],
          );
        }
      },
    };
  },
};
