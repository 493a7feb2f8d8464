/**
 * Who holds what: G15 for records that are with a worker, G16 for keys that are reserved.
 *
 * The source's state machines, taken by their word: a record goes from ready to one worker, and back only when it
 * was given back or its time ran out; a key is held by one attempt until that attempt's reservation expires. Not
 * verified: that time ran out no earlier than it should for deliveries that were extended, since an extension
 * leaves no trace in committed state.
 */

import { type Property, time, when, where } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import type { DeliveryChange, KeyChange } from "./changes.js";
import { earliestEnd } from "./deadlines.js";
import { pipelineState } from "./state.js";

interface Holding {
  readonly deliveryId: string;
  readonly count: number;
  readonly live: boolean;
  readonly event: DurableEvent;
}

export const exclusiveDelivery: Property = {
  id: "exclusive-delivery",
  alias: "G15",
  kind: "always",
  sentence:
    "A record is with one worker at a time, is counted one up with each delivery up to the limit, and is never handed out again once acked.",
  subscribes: ["durable", "nack", "term"],
  start(context) {
    const state = context.view(pipelineState);
    const { visibility, maxDeliver } = context.plan.knobs;
    const shortest = typeof visibility === "number" ? earliestEnd(context.plan, visibility) : 0;
    const limit = typeof maxDeliver === "number" ? maxDeliver : Number.MAX_SAFE_INTEGER;
    const holding = new Map<string, Holding>();
    /** Deliveries that their worker gave back or gave up. */
    const givenBack = new Set<string>();
    /** Dead letters that an operator sent on their way again: the limit no longer holds for them. */
    const redriven = new Set<string>();

    function handedOut(
      change: DeliveryChange & { live: object },
      subject: string,
      event: DurableEvent,
    ): void {
      const { deliveryId, count, worker } = change.live;
      const before = holding.get(subject);
      holding.set(subject, { deliveryId, count, live: true, event });
      context.checked();
      const acked = state.progress(change.group).acked.get(change.offset);
      if (acked !== undefined) {
        context.violated(
          subject,
          `${subject} was handed to ${worker} ${where(event)}, though it was acked ${when(acked)}.`,
          [acked, event],
        );
      } else if (before?.live) {
        context.violated(
          subject,
          `${subject} was handed to ${worker} ${where(event)} while delivery ${before.deliveryId}, handed out ${when(before.event)}, was still live.`,
          [before.event, event],
        );
      } else if (count !== (before?.count ?? 0) + 1) {
        context.violated(
          subject,
          `${subject} was delivered as number ${count} ${where(event)} after number ${before?.count ?? 0}.`,
          before === undefined ? [event] : [before.event, event],
        );
      } else if (count > limit && !redriven.has(subject)) {
        context.violated(
          subject,
          `${subject} was delivered ${count} times by ${time(event.at)} on ${event.host}, past the limit of ${limit}.`,
          [event],
        );
      }
    }

    function ended(change: DeliveryChange, subject: string, event: DurableEvent): void {
      const before = holding.get(subject);
      if (before === undefined || !before.live) return;
      holding.set(subject, { ...before, live: false });
      const done = state.progress(change.group).acked.get(change.offset) === event;
      if (done || givenBack.has(before.deliveryId)) return;
      context.checked();
      if (event.at - before.event.at >= shortest) return;
      context.violated(
        subject,
        `Delivery ${before.deliveryId}, handed out ${when(before.event)}, ended already ${where(event)}: nobody gave it back, and its time had not run out.`,
        [before.event, event],
      );
    }

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "dead" && !change.dead) redriven.add(`${change.group}/${change.offset}`);
        if (change.of !== "delivery") continue;
        const subject = `${change.group}/${change.offset}`;
        if (isHandedOut(change)) handedOut(change, subject, event);
        else ended(change, subject, event);
      }
    });
    return {
      subscribes: ["nack", "term"],
      on(event) {
        if (event.kind === "nack" || event.kind === "term") givenBack.add(event.deliveryId);
      },
    };
  },
};

const isHandedOut = (change: DeliveryChange): change is DeliveryChange & { live: object } =>
  change.live !== undefined;

export const exclusiveReservation: Property = {
  id: "exclusive-reservation",
  alias: "G16",
  kind: "always",
  sentence:
    "A key is held by one attempt at a time: another takes over only once the reservation has expired.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(pipelineState);
    const { reservation } = context.plan.knobs;
    const shortest = typeof reservation === "number" ? earliestEnd(context.plan, reservation) : 0;
    const holds = new Map<string, { readonly change: KeyChange; readonly event: DurableEvent }>();

    function keyChanged(change: KeyChange, event: DurableEvent): void {
      const before = holds.get(change.key);
      holds.set(change.key, { change, event });
      if (before === undefined || before.change.state !== "in-progress") return;
      context.checked();
      const own = before.change.owner === change.owner && before.change.attempt === change.attempt;
      if (own && change.expired && event.at - before.event.at < shortest) {
        context.violated(
          change.key,
          `The reservation of ${change.key} by ${change.owner}, made ${when(before.event)}, expired already ${where(event)}: its time had not run out.`,
          [before.event, event],
        );
      } else if (!own && change.state !== "released" && !before.change.expired) {
        context.violated(
          change.key,
          `${change.key} was taken over by attempt ${change.attempt} of ${change.owner} ${where(event)}, while attempt ${before.change.attempt} of ${before.change.owner} held it since ${time(before.event.at)}.`,
          [before.event, event],
        );
      }
    }

    state.listen((event) => {
      for (const change of state.changes) if (change.of === "key") keyChanged(change, event);
    });
    return {};
  },
};
