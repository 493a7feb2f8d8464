/**
 * What every service's host has: its actors under one supervisor, a pool of workers, a place in the registry.
 *
 * Requests go to the pool in the order in which they come, each to one worker. A pool or a supervisor that has given up is
 * begun anew after a while, as the machine's init would do. An operator may kill a worker that has something in hand.
 */
import { type Host, type Micros, SECOND } from "seedstorm";
import type { ActorRef, Start } from "../actors/actor.js";
import { Actors } from "../actors/actors.js";
import type { BreakerConfig } from "../actors/breaker-api.js";
import { ElasticPool } from "../actors/pool.js";
import type { Lease, Pool, PoolConfig } from "../actors/pool-api.js";
import { RegistryAgent } from "../actors/registry/agent.js";
import type { RegistryConfig } from "../actors/registry/api.js";
import type { Child } from "../actors/supervision.js";
import { TreeSupervisor } from "../actors/supervisor.js";
import { invariant } from "../invariant.js";
import { type BreakerSection, duration, type OrdersConfig, type PoolSection } from "./config.js";
import { GOALS } from "./goals.js";
import type { OrdersKnobs } from "./knobs.js";
import { KILL_WORKER } from "./wire.js";

/** What is the same for every part of one deployment. */
export interface Deployment {
  readonly knobs: OrdersKnobs;
  readonly config: OrdersConfig;
  readonly registries: readonly string[];
  readonly orderStore: string;
  readonly stockStore: string;
  /** Hosts that order events are for. */
  readonly subscribers: readonly string[];
  /** Keep order events for them; none where events are sent by request. */
  readonly brokers: readonly string[];
}

const RESTART_AFTER: Micros = SECOND;

export function poolConfig(name: string, section: PoolSection, { maxPoolSize }: OrdersKnobs): PoolConfig {
  const maxSize = maxPoolSize === 0 ? section.max_size : Math.min(section.max_size, maxPoolSize);
  const minSize = maxPoolSize === 0 ? section.min_size : Math.min(section.min_size, Math.ceil(maxSize / 10));
  const initialSize = maxPoolSize === 0 ? section.initial_size : Math.ceil(maxSize / 4);
  invariant(
    minSize <= initialSize && initialSize <= maxSize,
    "a pool begins with as many workers as it may have",
  );
  return {
    name,
    minSize,
    maxSize,
    initialSize,
    scaleUpAbove: section.scaling_threshold,
    scaleDownBelow: section.scale_down_threshold,
    scaleFactor: section.scale_factor,
    minStep: section.min_scale_step,
    maxStep: section.max_scale_step,
    cooldown: duration(section.cooldown),
    idleTimeout: duration(section.idle_timeout),
    checkoutTimeout: duration(section.checkout_timeout),
    strategy: section.supervision,
    intensity: { maxRestarts: section.max_restarts, window: duration(section.restart_window) },
  };
}

export function breakerConfig(name: string, section: BreakerSection, { lean }: OrdersKnobs): BreakerConfig {
  return {
    name,
    failureRatio: section.failure_threshold / 100,
    minimumCalls: section.minimum_requests,
    windowCalls: section.window_size,
    windowTime: duration(section.window_duration),
    openFor: duration(section.timeout),
    probes: section.half_open_max_requests,
    halfOpenFor: duration(section.half_open_duration),
    successesToClose: section.success_threshold,
    detail: lean ? "lean" : "full",
  };
}

export function registryConfig({ config, registries }: Deployment): RegistryConfig {
  const { registry } = config.services;
  return {
    registries,
    heartbeatInterval: duration(registry.heartbeat_interval),
    requestTimeout: duration(registry.health_timeout),
    ttl: duration(registry.ttl),
    checkInterval: duration(registry.health_interval),
    checkTimeout: duration(registry.health_timeout),
    healthyAfter: registry.healthy_threshold,
    unhealthyAfter: registry.unhealthy_threshold,
    gossipInterval: duration(registry.heartbeat_interval),
    cacheFor: Math.floor(duration(registry.heartbeat_interval) / 2),
    ejectAfter: 3,
    ejectFor: duration(registry.heartbeat_interval),
  };
}

/** What became of a request to the workers. */
export type Work<R> =
  | { readonly ok: true; readonly value: R }
  /** `busy`: nobody has begun. `lost`: the worker ended, or took too long. */
  | { readonly ok: false; readonly error: "busy" | "lost" };

export class ServiceHost<Q, R> {
  readonly #host: Host;
  readonly #actors: Actors;
  readonly #config: PoolConfig;
  readonly #start: Start<Q, R>;
  readonly #timeout: Micros;
  readonly #busy = new Set<ActorRef<Q, R>>();
  #pool: Child<Pool<Q, R>> | undefined = undefined;

  /** @param timeout how long a worker may take with one request. */
  constructor(
    host: Host,
    { knobs }: Deployment,
    name: string,
    section: PoolSection,
    start: Start<Q, R>,
    timeout: Micros,
  ) {
    this.#host = host;
    this.#actors = new Actors(host, { detail: knobs.lean ? "lean" : "full" });
    this.#config = poolConfig(name, section, knobs);
    this.#start = start;
    this.#timeout = timeout;
    this.#supervise();
    host.onRequest(KILL_WORKER, ({ pick }) => {
      const busy = [...this.#busy];
      const actor = busy[pick % Math.max(1, busy.length)];
      if (actor === undefined) return false;
      host.reached(GOALS.workerKilled);
      actor.exit({ kind: "killed", by: "operator" });
      return true;
    });
  }

  #supervise(): void {
    const { name, intensity } = this.#config;
    const host = this.#host;
    const supervisor = new TreeSupervisor(this.#actors, {
      name: `${name}-supervisor`,
      strategy: "one-for-one",
      intensity: { maxRestarts: 5, window: intensity.window },
    });
    this.#pool = supervisor.start({
      id: name,
      restart: "permanent",
      start: () => new ElasticPool<Q, R>(this.#actors, this.#config, this.#start),
    });
    supervisor.monitor(() => {
      this.#pool = undefined;
      host.reached(GOALS.serviceGaveUp);
      if (!host.defect("given-up-stays-down")) host.after(RESTART_AFTER, () => this.#supervise());
    });
  }

  /** Waits for a worker, and for what it makes of the request. */
  async work(request: Q): Promise<Work<R>> {
    const { begun, result } = this.take(request);
    return (await begun) ? result : { ok: false, error: "busy" };
  }

  /** As `work`, for who wants to know when a worker has begun. No result comes when none has. */
  take(request: Q): { readonly begun: Promise<boolean>; readonly result: Promise<Work<R>> } {
    const checkout =
      this.#pool?.current?.checkout() ?? Promise.resolve({ ok: false, error: "closed" } as const);
    const result = checkout.then((lent) =>
      lent.ok ? this.#lend(lent.lease, request) : new Promise<Work<R>>(() => {}),
    );
    return { begun: checkout.then(({ ok }) => ok), result };
  }

  async #lend(lease: Lease<ActorRef<Q, R>>, request: Q): Promise<Work<R>> {
    const { actor } = lease;
    this.#busy.add(actor);
    const result = await actor.call(request, this.#timeout);
    this.#busy.delete(actor);
    lease.checkin();
    if (result.ok) return result;
    // Work that goes on would go on unseen: its worker is ended.
    if (result.error === "timed-out") actor.exit({ kind: "killed", by: "time-out" });
    return { ok: false, error: result.error === "dead" || result.error === "overloaded" ? "busy" : "lost" };
  }
}

/** Makes a service known: each life of its host is another instance. */
export function register(host: Host, deployment: Deployment, service: string): void {
  new RegistryAgent(host, registryConfig(deployment)).register({
    service,
    instance: `${service}@${host.id}#${host.incarnation}`,
    host: host.id,
    version: deployment.config.application.version,
    capabilities: { env: "production" },
    weight: 1,
  });
}
