/**
 * The service registry as those who use it see it.
 *
 * Registries run on several hosts. Each has what instances told it (they register with all of them, and send
 * heartbeats to all) and what it heard from the other registries, and checks the health of the instances that
 * it knows. None of it is on disk: a registry that restarts learns from its peers and from the next
 * heartbeats. An instance that has sent no heartbeat for its time to live has expired and is not discovered
 * any more; a client that can reach no registry goes by what it discovered last for as long as that has not
 * expired. Registries agree in the end, not at each moment.
 */
import type { Micros } from "seedstorm";

export type Health =
  /** Registered, and not yet checked often enough. */
  | "starting"
  | "healthy"
  /** It says itself that it is not at its best, or its last check failed. */
  | "degraded"
  | "unhealthy";

export interface Registration {
  readonly service: string;
  /** Unique over all services and lives: `orders@host-2#3`. */
  readonly instance: string;
  /** Where requests to it go. */
  readonly host: string;
  readonly version: string;
  readonly capabilities: Readonly<Record<string, string>>;
  /** For weighted balancing; 1 is usual. */
  readonly weight: number;
}

export const BALANCING = [
  "round-robin",
  "random",
  "weighted",
  "least-connections",
  "two-choices",
  "consistent-hash",
] as const;
/** How one of several instances is chosen. All of them pass over instances that failed in a row of late, while there are others. */
export type Balancing = (typeof BALANCING)[number];

export interface ServiceQuery {
  readonly service: string;
  /** All of these must be as given. Default: none. */
  readonly capabilities?: Readonly<Record<string, string>>;
  /** Default: healthy and degraded. */
  readonly health?: readonly Health[];
  /** At most so many instances are considered, the healthiest first. Default: 5. */
  readonly maxInstances?: number;
  readonly balancing: Balancing;
  /** What consistent hashing goes by: the same key goes to the same instance. */
  readonly key?: string;
}

export interface RegistryConfig {
  /** Ids of all hosts with a registry, the nearest first. */
  readonly registries: readonly string[];
  readonly heartbeatInterval: Micros;
  /** How long a registry is waited for. */
  readonly requestTimeout: Micros;
  /** So long after its last heartbeat an instance has expired. */
  readonly ttl: Micros;
  /** How often a registry checks an instance … */
  readonly checkInterval: Micros;
  /** … and how long it waits for an answer. */
  readonly checkTimeout: Micros;
  /** Checks in a row that must succeed before an instance is healthy, … */
  readonly healthyAfter: number;
  /** … and that must fail before it is unhealthy. */
  readonly unhealthyAfter: number;
  /** How often registries tell each other what they know. */
  readonly gossipInterval: Micros;
  /** How long a client goes by a discovery before it asks again. */
  readonly cacheFor: Micros;
  /** Failures in a row after which a client passes over an instance … */
  readonly ejectAfter: number;
  /** … for so long. */
  readonly ejectFor: Micros;
}

/** One call to one instance. */
export interface Route {
  readonly instance: string;
  readonly host: string;
  /** How the call came out; to be reported once, or the instance seems busy for ever. */
  done(outcome: "success" | "failure"): void;
}

export type Routing =
  | { readonly ok: true; readonly route: Route }
  /** `none`: no such instance is known. `unreachable`: no registry answered, and nothing known is fresh. */
  | { readonly ok: false; readonly error: "none" | "unreachable" };

/** The part of a host that offers services. Made by `new RegistryAgent(host, config)`. */
export interface Agent {
  /** Registers with all registries, and keeps at it by heartbeats until `deregister`. */
  register(registration: Registration): void;
  /** Resolved when all registries have answered or were waited for. */
  deregister(instance: string): Promise<void>;
  /** What the instance says of itself when its health is checked. */
  setHealth(instance: string, health: "healthy" | "degraded"): void;
}

/** The part of a host that uses services. Made by `new RegistryClient(host, config)`. */
export interface Resolver {
  /** Chooses an instance for one call. */
  route(query: ServiceQuery): Promise<Routing>;
}
