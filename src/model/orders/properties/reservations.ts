/**
 * What has run out is given back, and others may have it. Whoever sweeps needs the stock store, so this is judged where nothing has been wrong with
 * the store and the inventory for some time: external services may be out of order, and messages between the others wait.
 */
import { type EventOf, type HistoryEvent, type Micros, type Plan, SECOND } from "seedstorm";
import { type Property, time, when } from "seedstorm/check";
import { duration } from "../config.js";
import { configOf, ordersKnobs } from "../knobs.js";
import { stock } from "./rows.js";

/** Two instances look every second or so. */
const GIVEN_BACK_WITHIN: Micros = 4 * SECOND;
/** Breakers close and connections are opened anew. */
const SETTLED_AFTER: Micros = 12 * SECOND;

/** When the last fault is over by which the stock store or the inventory may be hit; infinite for one that is not. */
function quietFrom({ faults, topology }: Plan): number {
  const store = topology.find(({ role }) => role === "stock-store")?.id ?? "";
  let quiet = 0;
  for (const fault of faults) {
    if (fault.kind.startsWith("external-")) continue;
    const isElsewhere = (end: string): boolean => end !== "*" && end !== store && !end.includes("/");
    if (fault.kind === "clog" && isElsewhere(fault.from) && isElsewhere(fault.to)) continue;
    quiet = Math.max(quiet, "for" in fault ? fault.at + fault.for : Number.POSITIVE_INFINITY);
  }
  return quiet === 0 ? 0 : quiet + SETTLED_AFTER;
}

interface Held {
  readonly event: EventOf<"durable">;
  readonly due: Micros;
  readonly until: Micros;
}

export const expiredIsGivenBack: Property = {
  id: "expired-is-given-back",
  kind: "always",
  sentence:
    "While stock store and inventory are well, a reservation that has run out is given back within seconds.",
  subscribes: ["durable"],
  start(context) {
    const stores = context.view(stock);
    const { plan } = context;
    const knobs = ordersKnobs(plan.knobs);
    const ttl: Micros =
      knobs.reservationTtl === 0
        ? duration(configOf(knobs).services.inventory.reservation_ttl)
        : knobs.reservationTtl;
    const from = quietFrom(plan);
    const held = new Map<string, Held>();

    function late(id: string, { event, due }: Held, at: Micros): void {
      context.violated(
        id,
        `Goods were reserved for ${id} ${when(event)}, until ${time(due)}; at ${time(at)} they had not been given back.`,
        [event],
      );
    }

    /** Those that something has become of, or that it is too late for. */
    function judge(at: Micros): void {
      for (const [id, reservation] of held) {
        const isOver = stores.reservations.get(id)?.event !== reservation.event;
        if (!isOver && at <= reservation.until) continue;
        held.delete(id);
        if (at <= reservation.due) continue;
        context.checked();
        if (at > reservation.until) late(id, reservation, at);
      }
    }

    return {
      on(event: HistoryEvent) {
        if (event.kind !== "durable") return;
        judge(event.at);
        if (event.at < from) return;
        for (const id of stores.reserved) {
          const due = event.at + ttl;
          // Clocks may go wrong by a twentieth.
          held.set(id, { event, due, until: due + Math.floor(ttl / 20) + GIVEN_BACK_WITHIN });
        }
      },
      end: judge,
    };
  },
};
