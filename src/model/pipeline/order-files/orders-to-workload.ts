/**
 * Turns deliveries from a file into a plan's workload: same order, same relative spacing, compressed into the
 * window in which the scenario's own orders would come, spread over the shops in turn. A redelivery stays a delivery
 * of its own with the same delivery id: deduplicating it is the system's business.
 */
import type { Micros, Operation, Plan } from "seedstorm";
import { InputError } from "seedstorm/explore";
import type { OrderDelivery } from "./delivery.js";

/** What the system under test does with an order that arrives. */
const DELIVER = "deliver";

/** Hosts with this role send webhooks. */
const SHOP = "shop";

export interface Window {
  readonly from: Micros;
  readonly to: Micros;
}

/** When a plan's own deliveries come; without any, the first four fifths of the time until healing. */
export function workloadWindow(plan: Plan): Window {
  const times = plan.workload.filter(({ action }) => action === DELIVER).map(({ at }) => at);
  const from = times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const to = times.reduce((most, at) => Math.max(most, at), 0);
  return to > from
    ? { from, to }
    : { from: Math.floor(plan.healAt / 20), to: Math.floor((plan.healAt * 4) / 5) };
}

/**
 * @param plan the scenario's own plan: its hosts and its window are used.
 * @throws InputError when the plan has no shop.
 */
export function ordersToWorkload(deliveries: readonly OrderDelivery[], plan: Plan): readonly Operation[] {
  const shops = plan.topology.filter(({ role }) => role === SHOP).map(({ id }) => id);
  if (shops.length === 0) {
    throw new InputError(
      `scenario ${plan.scenario} takes no order files: none of its hosts has the role "${SHOP}"`,
    );
  }
  const arrivals = inOrderOfTime(deliveries);
  const times = compressed(
    arrivals.map(({ at }) => at),
    workloadWindow(plan),
  );
  return arrivals.map(({ delivery }, index): Operation => {
    const { deliveryId, orderId, cents, currency, source } = delivery;
    return {
      id: `order-${index + 1}`,
      at: times[index] ?? 0,
      host: shops[index % shops.length] ?? "",
      action: DELIVER,
      body: { deliveryId, orderId, cents, currency, source },
    };
  });
}

interface Arrival {
  readonly delivery: OrderDelivery;
  readonly at: number;
}

/** A delivery that doesn't say when it came, came with the one before it; simultaneous ones stay in the file's order. */
function inOrderOfTime(deliveries: readonly OrderDelivery[]): readonly Arrival[] {
  const first = deliveries.find(({ at }) => at !== undefined)?.at;
  if (first === undefined) return deliveries.map((delivery, index) => ({ delivery, at: index }));
  let last = first;
  const arrivals = deliveries.map((delivery) => {
    last = delivery.at ?? last;
    return { delivery, at: last };
  });
  return arrivals.sort((a, b) => a.at - b.at);
}

/** Whole microseconds within the window, in proportion; the arithmetic is exact. */
function compressed(times: readonly number[], window: Window): readonly Micros[] {
  const first = BigInt(times[0] ?? 0);
  const span = BigInt(times.at(-1) ?? 0) - first;
  const width = BigInt(window.to - window.from);
  return times.map((at) => window.from + (span === 0n ? 0 : Number(((BigInt(at) - first) * width) / span)));
}
