/**
 * What the eight promises come to on paper: what a configuration allows, before anything is run.
 *
 * Little's law for what passes through the pools, the steps of their growth, and the times that it takes to notice and to try
 * again. The times of a call are those of a quiet day; what is worked out is a bound, which a run can only stay below.
 */
import { MILLISECOND, type Micros, SECOND } from "seedstorm";
import { duration, type OrdersConfig, type PoolSection } from "./config.js";

/** How long an order, or one request of it, holds a worker on a quiet day, and how many requests an order makes. */
const HOLDS = {
  order: { time: 480 * MILLISECOND, requests: 1 },
  payment: { time: 115 * MILLISECOND, requests: 2 },
  inventory: { time: 5 * MILLISECOND, requests: 3 },
  shipping: { time: 115 * MILLISECOND, requests: 1 },
} as const;
type Pooled = keyof typeof HOLDS;

/** Orders a second that the pools of so many hosts of each service let through, and the pool that is the narrowest. */
export function throughput(
  { services }: OrdersConfig,
  hosts: number,
): { readonly perSecond: number; readonly narrowest: Pooled } {
  let perSecond = Number.POSITIVE_INFINITY;
  let narrowest: Pooled = "order";
  for (const name of Object.keys(HOLDS) as Pooled[]) {
    const { time, requests } = HOLDS[name];
    const rate = Math.floor((hosts * services[name].pool.max_size * SECOND) / (time * requests));
    if (rate < perSecond) {
      perSecond = rate;
      narrowest = name;
    }
  }
  return { perSecond, narrowest };
}

/** The sizes that a pool passes through from one size to another, and the time that its cooldowns take. */
export function growth(
  pool: Pick<PoolSection, "scale_factor" | "min_scale_step" | "max_scale_step" | "cooldown">,
  from: number,
  to: number,
): { readonly sizes: readonly number[]; readonly time: Micros } {
  const sizes = [from];
  let size = from;
  while (size < to) {
    const step = Math.min(
      pool.max_scale_step,
      Math.max(pool.min_scale_step, Math.floor(size * pool.scale_factor)),
    );
    size = Math.min(to, size + step);
    sizes.push(size);
  }
  return { sizes, time: Math.max(0, sizes.length - 2) * duration(pool.cooldown) };
}

/** How long an instance that is dead may still be sent requests: until enough checks have failed. */
export function detection({ services: { registry } }: OrdersConfig): Micros {
  return (
    registry.unhealthy_threshold * duration(registry.health_interval) + duration(registry.health_timeout)
  );
}

/** What a year's fraction of 99.9 % leaves of an hour. */
export const UNAVAILABLE_PER_HOUR: Micros = 3_600 * MILLISECOND;

/** How long the payment of one order may take before it has failed: five calls that time out, and the pauses between them. */
export function worstPayment({ services: { payment } }: OrdersConfig): Micros {
  const first = duration(payment.first_backoff);
  return 5 * duration(payment.circuit_breaker.request_timeout) + (1 + 2 + 4 + 8) * first;
}

/** How long an order takes on a quiet day: the way of its customer, four calls over the internet, the stores in between. */
export const QUIET_LATENCY: Micros = 90 * MILLISECOND + 4 * HOLDS.shipping.time + 30 * MILLISECOND;
