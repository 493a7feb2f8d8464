/**
 * How records reach workers and are done with: G5, G7 and G9.
 *
 * Deliveries and acks are judged as they are committed, at the point of the log where they stand, so that a
 * placement or a delivery that changed a moment later can't excuse or accuse them; what workers say they received
 * and ask to have acked is held against that. A worker's domain is taken from the topology, not from what it says
 * of itself. Not verified: that a denied poll left no trace in volatile memory, and acks of records whose order is
 * not known (they are compared once it is).
 */
import { domainName, type Stamp, type StreamFact } from "seedstorm";
import { list, type Property, time, when, where } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import { isFastPath } from "./acceptance.js";
import type { AckChange, DeliveryChange } from "./changes.js";
import { pipelineState } from "./state.js";

/** What a worker says of a delivery: that it received it, that it wants it acked. */
type StreamEvent = Stamp & StreamFact;

/** Whether a placement allows a domain: one of its paths is the domain's own or stands above it. */
export function allows(placement: readonly string[], domain: string): boolean {
  for (const path of placement) if (domain === path || domain.startsWith(`${path}/`)) return true;
  return false;
}

export const placementIsRespected: Property = {
  id: "placement-is-respected",
  alias: "G5",
  kind: "always",
  sentence:
    "Every delivery goes to a domain that the group's placement allows, and a denied poll is given nothing.",
  subscribes: ["durable", "deliver", "refusal"],
  start(context) {
    const state = context.view(pipelineState);
    const domains = new Map(context.plan.topology.map((host) => [host.id, domainName(host.domain)]));
    const fastPath = isFastPath(context.plan);
    const placed = new Map<string, DurableEvent>();
    /** By delivery id: the commit that handed it out. */
    const handedOut = new Map<string, { readonly domain: string; readonly event: DurableEvent }>();

    function committed(event: DurableEvent): void {
      for (const change of state.changes) {
        if (change.of === "group") placed.set(change.group, event);
        if (change.of !== "delivery" || change.live === undefined) continue;
        const { deliveryId, domain } = change.live;
        handedOut.set(deliveryId, { domain, event });
        context.checked();
        const { placement } = state.progress(change.group);
        if (allows(placement, domain)) continue;
        const group = placed.get(change.group);
        context.violated(
          `${change.group} to ${domain}`,
          `Offset ${change.offset} was handed to ${domain} ${where(event)}, but ${change.group} allows only ${list(placement)}.`,
          group === undefined ? [event] : [group, event],
        );
      }
    }

    function received(event: StreamEvent): void {
      const out = handedOut.get(event.deliveryId);
      const domain = domains.get(event.host) ?? event.domain;
      context.checked();
      if (out === undefined) {
        // On the local fast path a delivery goes out before it commits, and may never commit.
        if (!fastPath)
          context.violated(
            event.deliveryId,
            `${event.host} received delivery ${event.deliveryId} ${when(event)}, which was never committed.`,
            [event],
          );
      } else if (out.domain !== domain) {
        context.violated(
          event.deliveryId,
          `Delivery ${event.deliveryId} was handed to ${out.domain} ${when(out.event)} but received by ${event.host} in ${domain} ${when(event)}.`,
          [out.event, event],
        );
      }
    }

    state.listen(committed);
    return {
      subscribes: ["deliver", "refusal"],
      on(event) {
        if (event.kind === "deliver") received(event);
        else if (event.kind === "refusal" && event.reason === "placement-denied") context.checked();
      },
    };
  },
};

/** Keys of the idempotency store under which orders take effect. */
const EFFECT = "effect:";

export const noAckBeforeEffect: Property = {
  id: "no-ack-before-effect",
  alias: "G7",
  kind: "always",
  sentence: "An ack follows the completed effect of its record and comes from the delivery that is live.",
  subscribes: ["durable", "ack"],
  start(context) {
    const state = context.view(pipelineState);
    /** Orders whose effect was completed at some time. */
    const completed = new Set<string>();
    const live = new Map<string, { readonly deliveryId: string; readonly event: DurableEvent }>();

    function ackFollowsEffect(event: DurableEvent | StreamEvent, offset: number, of: string): void {
      const record = state.records.get(offset);
      if (record === undefined || record.orderId === "") return;
      context.checked();
      if (completed.has(record.orderId)) return;
      context.violated(
        `effect of ${record.orderId}`,
        `${of} of offset ${offset} ${where(event)} came before any effect of ${record.orderId} was completed.`,
        [record.event, event],
      );
    }

    function ackIsOfLiveDelivery(change: AckChange, event: DurableEvent): void {
      const delivery = live.get(`${change.group}/${change.offset}`);
      context.checked();
      if (delivery?.deliveryId === change.deliveryId) return;
      const holder =
        delivery === undefined
          ? "no delivery of it was live"
          : `${delivery.deliveryId} was live since ${time(delivery.event.at)}`;
      context.violated(
        `delivery of ${change.group}/${change.offset}`,
        `Offset ${change.offset} of ${change.group} was acked by delivery ${change.deliveryId} ${where(event)}, when ${holder}.`,
        delivery === undefined ? [event] : [delivery.event, event],
      );
    }

    function handedOver({ group, offset, live: now }: DeliveryChange, event: DurableEvent): void {
      const key = `${group}/${offset}`;
      if (now === undefined) live.delete(key);
      else live.set(key, { deliveryId: now.deliveryId, event });
    }

    state.listen((event) => {
      // An ack also ends its delivery, in the same transaction: it counts against what was live before.
      for (const change of state.changes) {
        if (change.of === "key" && change.key.startsWith(EFFECT) && change.state === "completed") {
          completed.add(change.key.slice(EFFECT.length));
        } else if (change.of === "ack") {
          ackFollowsEffect(event, change.offset, "The committed ack");
          ackIsOfLiveDelivery(change, event);
        }
      }
      for (const change of state.changes) if (change.of === "delivery") handedOver(change, event);
    });
    return {
      subscribes: ["ack"],
      on(event) {
        if (event.kind === "ack") ackFollowsEffect(event, event.sequence, "The ack that was asked for");
      },
    };
  },
};

export const cursorIsTheAckedPrefix: Property = {
  id: "cursor-is-the-acked-prefix",
  alias: "G9",
  kind: "always",
  sentence: "A group's cursor is the end of its contiguous acked prefix and never goes back.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(pipelineState);
    const cursors = new Map<string, { readonly next: number; readonly event: DurableEvent }>();
    /** By group: everything below this is acked. */
    const walked = new Map<string, number>();

    /** Moved past what is acked, up to `atMost`; each offset is looked at once a run. */
    function ackedUntil(group: string, atMost: number): number {
      const { acked } = state.progress(group);
      let next = walked.get(group) ?? 0;
      while (next < atMost && acked.has(next)) next++;
      walked.set(group, next);
      return next;
    }

    function moved(group: string, next: number, event: DurableEvent): void {
      const before = cursors.get(group);
      cursors.set(group, { next, event });
      context.checked();
      if (before !== undefined && next < before.next) {
        context.violated(
          group,
          `The cursor of ${group} went back from ${before.next} ${when(before.event)} to ${next} ${where(event)}.`,
          [before.event, event],
        );
        return;
      }
      const unacked = ackedUntil(group, next);
      if (unacked >= next) return;
      context.violated(
        group,
        `The cursor of ${group} was set to ${next} ${where(event)}, past offset ${unacked}, which was never acked.`,
        [event],
      );
    }

    function leftBehind(group: string, event: DurableEvent): void {
      const cursor = cursors.get(group);
      if (cursor === undefined) return;
      const ack = state.progress(group).acked.get(cursor.next);
      context.checked();
      if (ack === undefined) return;
      context.violated(
        group,
        `The cursor of ${group} stayed at ${cursor.next} ${where(event)}, though that offset was acked ${when(ack)}.`,
        [cursor.event, ack, event],
      );
    }

    state.listen((event) => {
      let group: string | undefined;
      for (const change of state.changes) {
        if (change.of === "cursor") moved(change.group, change.next, event);
        if (change.of === "cursor" || change.of === "ack") group = change.group;
      }
      if (group !== undefined) leftBehind(group, event);
    });
    return {};
  },
};
