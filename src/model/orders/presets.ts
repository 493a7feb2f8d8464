/**
 * Two configurations: `source`, as the design has it, and `tuned`, in which its promises can be kept.
 *
 * Where the design is silent `source` has what such systems usually come with. `DIFFERENCES` says for each value in which the
 * two differ what speaks for the change.
 */

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
failure_threshold = 50
success_threshold = 3
timeout = "30s"
half_open_max_requests = 5
half_open_duration = "10s"
window_size = 100
window_duration = "60s"
minimum_requests = 10
request_timeout = "10s"

[services.order]
claim_ttl = "90s"
rescue_interval = "10s"
retry_pause = "1s"

[services.order.pool]
min_size = 5
max_size = 50
initial_size = 10
scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "2min"
min_scale_step = 2
max_scale_step = 10
idle_timeout = "5min"
checkout_timeout = "30s"
supervision = "one-for-all"
max_restarts = 5
restart_window = "1min"

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
scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "2min"
min_scale_step = 2
max_scale_step = 10
idle_timeout = "5min"
checkout_timeout = "30s"
supervision = "one-for-all"
max_restarts = 5
restart_window = "1min"

[services.payment.circuit_breaker]
failure_threshold = 50
success_threshold = 3
timeout = "30s"
half_open_max_requests = 5
half_open_duration = "10s"
window_size = 100
window_duration = "60s"
minimum_requests = 10
request_timeout = "10s"

[services.inventory]
reservation_ttl = "15min"
lock_retries = 3

[services.inventory.pool]
min_size = 5
max_size = 30
initial_size = 5
scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "2min"
min_scale_step = 2
max_scale_step = 10
idle_timeout = "5min"
checkout_timeout = "30s"
supervision = "one-for-all"
max_restarts = 5
restart_window = "1min"

[services.inventory.circuit_breaker]
failure_threshold = 50
success_threshold = 3
timeout = "30s"
half_open_max_requests = 5
half_open_duration = "10s"
window_size = 100
window_duration = "60s"
minimum_requests = 10
request_timeout = "10s"

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
scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "2min"
min_scale_step = 2
max_scale_step = 10
idle_timeout = "5min"
checkout_timeout = "30s"
supervision = "one-for-all"
max_restarts = 5
restart_window = "1min"

[services.shipping.circuit_breaker]
failure_threshold = 50
success_threshold = 3
timeout = "30s"
half_open_max_requests = 5
half_open_duration = "10s"
window_size = 100
window_duration = "60s"
minimum_requests = 10
request_timeout = "10s"
`;

const tuned = `[application]
name = "order-processing"
version = "1.0.0"

[services.registry]
heartbeat_interval = "1s"
ttl = "6s"
health_interval = "1s"
health_timeout = "500ms"
healthy_threshold = 2
unhealthy_threshold = 2
balancing = "least-connections"
max_instances = 5

[services.gateway]
request_timeout = "1500ms"
tries = 2

[services.gateway.circuit_breaker]
failure_threshold = 50
success_threshold = 1
timeout = "3s"
half_open_max_requests = 5
half_open_duration = "5s"
window_size = 100
window_duration = "10s"
minimum_requests = 10
request_timeout = "3s"

[services.order]
claim_ttl = "6s"
rescue_interval = "500ms"
retry_pause = "500ms"

[services.order.pool]
min_size = 250
max_size = 1000
initial_size = 250
scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "1s"
min_scale_step = 2
max_scale_step = 100
idle_timeout = "5min"
checkout_timeout = "2s"
supervision = "one-for-one"
max_restarts = 20
restart_window = "1min"

[services.order.channel]
capacity = 1000
send_timeout = "1s"
receive_timeout = "10s"
message_ttl = "1h"

[services.payment]
first_backoff = "1s"
jitter = 50

[services.payment.pool]
min_size = 120
max_size = 500
initial_size = 120
scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "1s"
min_scale_step = 2
max_scale_step = 100
idle_timeout = "5min"
checkout_timeout = "2s"
supervision = "one-for-one"
max_restarts = 20
restart_window = "1min"

[services.payment.circuit_breaker]
failure_threshold = 50
success_threshold = 3
timeout = "3s"
half_open_max_requests = 5
half_open_duration = "5s"
window_size = 100
window_duration = "10s"
minimum_requests = 10
request_timeout = "2s"

[services.inventory]
reservation_ttl = "15s"
lock_retries = 12

[services.inventory.pool]
min_size = 20
max_size = 60
initial_size = 20
scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "1s"
min_scale_step = 2
max_scale_step = 100
idle_timeout = "5min"
checkout_timeout = "2s"
supervision = "one-for-one"
max_restarts = 20
restart_window = "1min"

[services.inventory.circuit_breaker]
failure_threshold = 50
success_threshold = 3
timeout = "3s"
half_open_max_requests = 5
half_open_duration = "5s"
window_size = 100
window_duration = "10s"
minimum_requests = 10
request_timeout = "2s"

[services.inventory.database]
max_connections = 20
connection_idle = "5s"
request_timeout = "800ms"

[services.shipping]
tries_per_carrier = 2

[services.shipping.pool]
min_size = 60
max_size = 300
initial_size = 60
scaling_threshold = 0.8
scale_down_threshold = 0.3
scale_factor = 0.5
cooldown = "1s"
min_scale_step = 2
max_scale_step = 100
idle_timeout = "5min"
checkout_timeout = "2s"
supervision = "one-for-one"
max_restarts = 20
restart_window = "1min"

[services.shipping.circuit_breaker]
failure_threshold = 50
success_threshold = 3
timeout = "3s"
half_open_max_requests = 5
half_open_duration = "5s"
window_size = 100
window_duration = "10s"
minimum_requests = 10
request_timeout = "2s"
`;

export const PRESETS = { source, tuned } as const;
export type PresetName = keyof typeof PRESETS;

/** By the last part of a field's path, or more of it where that is needed: why `tuned` has another value. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  heartbeat_interval: "an instance that is gone must be missed within seconds, not after a minute",
  ttl: "six heartbeats: what has missed all of them is gone",
  health_interval:
    "two failed checks decide: 25 s in the design, during which a third of the requests of a service of two fail",
  health_timeout: "half of an interval, so that checks of one instance do not overlap",
  healthy_threshold: "a restarted instance is wanted back within two seconds",
  "gateway.request_timeout": "a client waits for 2 s; what answers later answers nobody",
  "gateway.circuit_breaker.success_threshold":
    "on a quiet day three requests take longer to come than half-open lasts: the breaker would open again before a healthy service",
  "circuit_breaker.timeout":
    "payment is retried for 15 s; a breaker that is open for 30 fails every order of that time",
  half_open_duration: "half-open must end before the window has been forgotten",
  window_duration: "failures of a minute ago say nothing about now, at a hundred calls a second",
  "circuit_breaker.request_timeout":
    "5 attempts of 10 s and 15 s of pauses outlast the checkout and the reservation",
  claim_ttl: "a worker asks a provider for 2 s at most and writes the order before and after it",
  rescue_interval: "what a lost worker had in hand, and what is due again, is found at once",
  retry_pause: "a step that found no instance finds one as soon as the registry knows",
  "order.pool.max_size":
    "an order takes some 500 ms of a worker: 1000 orders a second on two hosts need 250 on each, and more on slow days",
  "payment.pool.max_size":
    "two calls of 115 ms for each order: 1000 orders a second on two hosts need 115 on each",
  "inventory.pool.max_size": "three requests of 4 ms for each order, and conflicts on hot products",
  "shipping.pool.max_size":
    "one call of 115 ms for each order: 1000 orders a second on two hosts need 58 on each",
  min_size:
    "a pool that has shrunk on a quiet night makes the first orders of the morning wait while it grows",
  initial_size: "a service that starts under load must not refuse until its pools have grown",
  cooldown:
    "from 5 to 50 by 50 % takes six cooldowns: of 120 s each that is 12 minutes, of 1 s each 6 seconds",
  max_scale_step: "with steps of at most 10 a pool of 1000 grows for 90 cooldowns",
  checkout_timeout: "who waits for a worker is waited for himself",
  supervision: "one worker's end must not end those who work on other orders",
  max_restarts: "20 workers may fail in a minute before the pool is taken for broken",
  send_timeout: "a client waits for 2 s",
  jitter: "orders that failed together must not come back together",
  reservation_ttl:
    "what a lost order holds is for sale again soon; it is renewed by committing it before the payment",
  lock_retries:
    "on a hot product writes collide for some milliseconds, which is no reason to put an order off",
  connection_idle: "connections of a host that is gone must not be missed for minutes",
  "database.request_timeout": "an answer takes 3 ms; what takes a second does not come",
  tries_per_carrier: "the second carrier is as good",
};
