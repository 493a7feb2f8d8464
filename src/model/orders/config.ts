/**
 * The configuration of order processing: a TOML text, read and checked as a whole.
 *
 * A text that is not TOML, lacks a field, has one too many or a value that makes no sense is refused with its path and what was
 * expected, and nothing of it is used. Times are written with their unit (`250ms`, `10s`, `5min`, `1h`).
 */
import * as Schema from "@effect/schema/Schema";
import { HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from "seedstorm";
import { decoder, expecting } from "seedstorm/explore";
import { parse, TomlError } from "smol-toml";

const UNITS: Readonly<Record<string, Micros>> = { ms: MILLISECOND, s: SECOND, min: MINUTE, h: HOUR };
const DURATION = /^(\d{1,9})(ms|s|min|h)$/;

/** `10s` in microseconds; the text has the form of a time. */
export function duration(text: string): Micros {
  const [, amount = "0", unit = "ms"] = DURATION.exec(text) ?? [];
  return Number(amount) * (UNITS[unit] ?? MILLISECOND);
}

const time = expecting(Schema.String, "a time with its unit, like 250ms, 10s or 5min", (text) =>
  DURATION.test(text),
);
const whole = (low: number, high: number) =>
  expecting(
    Schema.Number,
    `a whole number from ${low} to ${high}`,
    (n) => Number.isSafeInteger(n) && n >= low && n <= high,
  );
const share = expecting(Schema.Number, "a share above 0, at most 1", (n) => n > 0 && n <= 1);
const text = expecting(Schema.String, "a text that is not empty", (value) => value.length > 0);

const pool = Schema.Struct({
  min_size: whole(1, 10_000),
  max_size: whole(1, 10_000),
  initial_size: whole(1, 10_000),
  scaling_threshold: share,
  scale_down_threshold: share,
  scale_factor: share,
  cooldown: time,
  min_scale_step: whole(1, 1_000),
  max_scale_step: whole(1, 1_000),
  idle_timeout: time,
  checkout_timeout: time,
  supervision: expecting(Schema.Literals(["one-for-one", "one-for-all"]), "one-for-one or one-for-all"),
  max_restarts: whole(0, 1_000_000),
  restart_window: time,
}).check(
  Schema.makeFilter(
    ({ min_size, initial_size, max_size }) => min_size <= initial_size && initial_size <= max_size,
    {
      expected: "min_size ≤ initial_size ≤ max_size",
    },
  ),
);

const breaker = Schema.Struct({
  failure_threshold: whole(1, 100),
  success_threshold: whole(1, 1_000),
  timeout: time,
  half_open_max_requests: whole(1, 1_000),
  half_open_duration: time,
  window_size: whole(1, 100_000),
  window_duration: time,
  minimum_requests: whole(1, 100_000),
  request_timeout: time,
});

const schema = Schema.Struct({
  application: Schema.Struct({ name: text, version: text }),
  services: Schema.Struct({
    registry: Schema.Struct({
      heartbeat_interval: time,
      ttl: time,
      health_interval: time,
      health_timeout: time,
      healthy_threshold: whole(1, 100),
      unhealthy_threshold: whole(1, 100),
      balancing: expecting(
        Schema.Literals(["round-robin", "random", "weighted", "least-connections", "two-choices"]),
        "round-robin, random, weighted, least-connections or two-choices",
      ),
      max_instances: whole(1, 100),
    }),
    gateway: Schema.Struct({ request_timeout: time, tries: whole(1, 10), circuit_breaker: breaker }),
    order: Schema.Struct({
      pool,
      channel: Schema.Struct({
        capacity: whole(1, 1_000_000),
        send_timeout: time,
        receive_timeout: time,
        message_ttl: time,
      }),
      /** How long a worker has an order to itself after it last wrote it. */
      claim_ttl: time,
      /** How often orders are looked for whose workers were lost, or that are due again. */
      rescue_interval: time,
      /** Before an order is taken up again whose step could not be done, for no fault of the payment's. */
      retry_pause: time,
    }),
    payment: Schema.Struct({ pool, circuit_breaker: breaker, first_backoff: time, jitter: whole(0, 100) }),
    inventory: Schema.Struct({
      pool,
      circuit_breaker: breaker,
      reservation_ttl: time,
      lock_retries: whole(0, 1_000),
      database: Schema.Struct({
        max_connections: whole(1, 10_000),
        connection_idle: time,
        request_timeout: time,
      }),
    }),
    shipping: Schema.Struct({ pool, circuit_breaker: breaker, tries_per_carrier: whole(1, 100) }),
  }),
});

export type OrdersConfig = Schema.Schema.Type<typeof schema>;
export type PoolSection = OrdersConfig["services"]["order"]["pool"];
export type BreakerSection = OrdersConfig["services"]["payment"]["circuit_breaker"];

export type LoadedConfig =
  | { readonly ok: true; readonly config: OrdersConfig }
  /** What is wrong, and where: `services.order.pool.min_size: expected …`. */
  | { readonly ok: false; readonly message: string };

const decode = decoder<OrdersConfig>(schema as unknown as Schema.Codec<OrdersConfig, unknown>); // nothing in it is transformed

export function loadConfig(toml: string): LoadedConfig {
  let data: unknown;
  try {
    data = parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { ok: false, message: `line ${error.line}: ${error.message.split("\n")[0] ?? ""}` };
  }
  const decoded = decode(data);
  return decoded.ok
    ? { ok: true, config: decoded.value }
    : { ok: false, message: `${decoded.path}: ${decoded.message}` };
}
