/**
 * Two configurations: `source`, as the design has it, and `tuned`, in which its promises can be kept as far as they can.
 *
 * Where the design is silent `source` has what such systems usually come with. `tuned` is `source` with the values of
 * `DIFFERENCES`, each of which says what speaks for the change.
 */

const BREAKER = `failure_threshold = 50
success_threshold = 3
timeout = "30s"
half_open_max_requests = 5
half_open_duration = "10s"
window_size = 100
window_duration = "60s"
minimum_requests = 10
request_timeout = "10s"`;

const POOL = `scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "2min"
min_scale_step = 2
max_scale_step = 10
idle_timeout = "5min"
checkout_timeout = "30s"
supervision = "one-for-all"
max_restarts = 5
restart_window = "1min"`;

const source = `[application]
name = "order-processing"
version = "1.0.0"

[services.registry]
heartbeat_interval = "10s"
ttl = "60s"
health_interval = "10s"
health_timeout = "5s"
healthy_threshold = 3
unhealthy_threshold = 2
balancing = "least-connections"
max_instances = 5

[services.gateway]
request_timeout = "10s"
tries = 2

[services.gateway.circuit_breaker]
${BREAKER}

[services.order]
claim_ttl = "90s"
rescue_interval = "10s"
retry_pause = "1s"

[services.order.pool]
min_size = 5
max_size = 50
initial_size = 10
${POOL}

[services.order.channel]
capacity = 1000
send_timeout = "5s"
receive_timeout = "10s"
message_ttl = "1h"

[services.payment]
first_backoff = "1s"
jitter = 0

[services.payment.pool]
min_size = 3
max_size = 20
initial_size = 3
${POOL}

[services.payment.circuit_breaker]
${BREAKER}

[services.inventory]
reservation_ttl = "15min"
lock_retries = 3

[services.inventory.pool]
min_size = 5
max_size = 30
initial_size = 5
${POOL}

[services.inventory.circuit_breaker]
${BREAKER}

[services.inventory.database]
max_connections = 20
connection_idle = "5min"
request_timeout = "5s"

[services.shipping]
tries_per_carrier = 3

[services.shipping.pool]
min_size = 3
max_size = 15
initial_size = 3
${POOL}

[services.shipping.circuit_breaker]
${BREAKER}
`;

export interface Difference {
  /** Why `tuned` has other values. */
  readonly why: string;
  /** By the end of the path of each field that is changed; where two fit, the longer one counts. */
  readonly values: Readonly<Record<string, string | number>>;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    why: "an instance that is gone must be missed within seconds, not after a minute",
    values: { heartbeat_interval: "1s" },
  },
  {
    why: "six heartbeats: what has missed all of them is gone",
    values: { "registry.ttl": "6s" },
  },
  {
    why: "two failed checks decide: 25 s in the design, during which a third of the requests of a service of two fail",
    values: { health_interval: "1s" },
  },
  {
    why: "half of an interval, so that checks of one instance do not overlap",
    values: { health_timeout: "500ms" },
  },
  {
    why: "a restarted instance is wanted back within two seconds",
    values: { "registry.healthy_threshold": 2 },
  },
  {
    why: "a client waits for 2 s; what answers later answers nobody",
    values: { "gateway.request_timeout": "1500ms" },
  },
  {
    why: "on a quiet day three requests take longer to come than half-open lasts: the breaker would open again before a healthy service",
    values: { "gateway.circuit_breaker.success_threshold": 1 },
  },
  {
    why: "payment is retried for 15 s; a breaker that is open for 30 fails every order of that time",
    values: { "circuit_breaker.timeout": "3s" },
  },
  {
    why: "half-open must end before the window has been forgotten",
    values: { half_open_duration: "5s" },
  },
  {
    why: "failures of a minute ago say nothing about now, at a hundred calls a second",
    values: { window_duration: "10s" },
  },
  {
    why: "5 attempts of 10 s and 15 s of pauses outlast the checkout and the reservation",
    values: { "circuit_breaker.request_timeout": "2s", "gateway.circuit_breaker.request_timeout": "3s" },
  },
  {
    why: "a worker asks a provider for 2 s at most and writes the order before and after it",
    values: { claim_ttl: "6s" },
  },
  {
    why: "what a lost worker had in hand, and what is due again, is found at once",
    values: { rescue_interval: "500ms" },
  },
  {
    why: "a step that found no instance finds one as soon as the registry knows",
    values: { retry_pause: "500ms" },
  },
  {
    why: "an order takes some 500 ms of a worker: 1000 orders a second on two hosts need 250 on each, and more on slow days",
    values: { "order.pool.max_size": 1000 },
  },
  {
    why: "two calls of 115 ms for each order: 1000 orders a second on two hosts need 115 on each",
    values: { "payment.pool.max_size": 500 },
  },
  {
    why: "three requests of 4 ms for each order, and conflicts on hot products",
    values: { "inventory.pool.max_size": 60 },
  },
  {
    why: "one call of 115 ms for each order: 1000 orders a second on two hosts need 58 on each",
    values: { "shipping.pool.max_size": 300 },
  },
  {
    why: "a pool that has shrunk on a quiet night makes the first orders of the morning wait while it grows",
    values: {
      "order.pool.min_size": 250,
      "payment.pool.min_size": 120,
      "inventory.pool.min_size": 20,
      "shipping.pool.min_size": 60,
    },
  },
  {
    why: "a service that starts under load must not refuse until its pools have grown",
    values: {
      "order.pool.initial_size": 250,
      "payment.pool.initial_size": 120,
      "inventory.pool.initial_size": 20,
      "shipping.pool.initial_size": 60,
    },
  },
  {
    why: "from 5 to 50 by 50 % takes six cooldowns: of 120 s each that is 12 minutes, of 1 s each 6 seconds",
    values: { cooldown: "1s" },
  },
  {
    why: "with steps of at most 10 a pool of 1000 grows for 90 cooldowns",
    values: { max_scale_step: 100 },
  },
  {
    why: "who waits for a worker is waited for himself",
    values: { checkout_timeout: "2s" },
  },
  {
    why: "one worker's end must not end those who work on other orders",
    values: { supervision: "one-for-one" },
  },
  {
    why: "20 workers may fail in a minute before the pool is taken for broken",
    values: { max_restarts: 20 },
  },
  {
    why: "a client waits for 2 s",
    values: { send_timeout: "1s" },
  },
  {
    why: "orders that failed together must not come back together",
    values: { jitter: 50 },
  },
  {
    why: "what a lost order holds is for sale again soon; it is renewed by committing it before the payment",
    values: { reservation_ttl: "15s" },
  },
  {
    why: "on a hot product writes collide for some milliseconds, which is no reason to put an order off",
    values: { lock_retries: 12 },
  },
  {
    why: "an order asks the stock store six times, for 3 ms each: 1000 orders a second keep 20 connections busy, with none to spare",
    values: { max_connections: 60 },
  },
  {
    why: "connections of a host that is gone must not be missed for minutes",
    values: { connection_idle: "5s" },
  },
  {
    why: "an answer takes 3 ms; what takes a second does not come",
    values: { "database.request_timeout": "800ms" },
  },
  {
    why: "the second carrier is as good",
    values: { tries_per_carrier: 2 },
  },
];

/** A configuration with the values of these differences. */
function changed(toml: string, differences: readonly Difference[]): string {
  const values = differences
    .flatMap((difference) => Object.entries(difference.values))
    .sort(([a], [b]) => b.length - a.length);
  let section = "";
  const lines = toml.split("\n").map((line) => {
    const [, header] = /^\[(.*)\]$/.exec(line) ?? [];
    if (header !== undefined) section = header;
    const [, field] = /^(\w+) = /.exec(line) ?? [];
    if (field === undefined) return line;
    const found = values.find(([end]) => `.${section}.${field}`.endsWith(`.${end}`));
    return found === undefined ? line : `${field} = ${JSON.stringify(found[1])}`;
  });
  return lines.join("\n");
}

export const PRESETS = { source, tuned: changed(source, DIFFERENCES) } as const;
export type PresetName = keyof typeof PRESETS;
