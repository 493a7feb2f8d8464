/**
 * What the replicated resources have in common: where replicas stand, which consumers may be served, the
 * schema ids and the policy hash that operations carry, and the reasons for which a request is refused.
 *
 * Everything here is plain data. A refusal is a value with a name: the request was understood, changed nothing,
 * and will be refused again for the same reason as long as the state stays what it is.
 */
import { type Domain, sha256 } from "seedstorm";

export type ReplicaRole = "voter" | "learner" | "witness";
export type ReplicaHealth = "healthy" | "degraded" | "lost";

/** One replica of a resource, as its owner placed it. */
export interface ReplicaLocator {
  /** The host's id. */
  readonly replicaId: string;
  readonly domain: Domain;
  readonly role: ReplicaRole;
  readonly health: ReplicaHealth;
  /** The fence epoch from which on the replica takes part. */
  readonly epoch: number;
  /** Which content the replica holds: one that was wiped comes back with a higher one. */
  readonly contentGeneration: number;
}

/** All replicas of a resource. */
export interface ReplicaSetLocator {
  readonly generation: number;
  readonly replicas: readonly ReplicaLocator[];
}

/** Where a consumer group may be served: paths `provider`, `provider/region` or `provider/region/zone`. */
export interface ConsumerPlacement {
  readonly allowed: readonly string[];
}

export type DeliverySemantics = "at-least-once" | "effectively-once-with-idempotency";

/** The resource's name is also the name of its replication group. */
export const RESOURCES = {
  orders: "orders",
  effects: "order-effects",
  checkpoints: "order-checkpoints",
  leaders: "order-leaders",
  observations: "order-observations",
} as const;
export type ResourceName = (typeof RESOURCES)[keyof typeof RESOURCES];

export const SCHEMAS = {
  order: "order.v1",
  effect: "order-effect.v1",
  checkpoint: "order-checkpoint.v1",
  leader: "order-leader.v1",
  observation: "order-observation.v1",
} as const;

/** The policy that checkpoints are saved under: 32 bytes of 9, in hexadecimal. */
export const POLICY_HASH = "09".repeat(32);

/** The generation that resources are created with. */
export const FIRST_GENERATION = 1;

export type RefusalReason =
  | "malformed-order"
  | "unknown-schema"
  | "wrong-policy-hash"
  | "oversized"
  | "conflict"
  | "placement-denied"
  | "fenced"
  | "stale-delivery"
  | "not-held"
  | "bad-signature"
  | "stale-observation"
  | "version-conflict"
  | "object-not-durable"
  | "unknown-group";

export interface Refused {
  readonly ok: false;
  readonly reason: RefusalReason;
}

/** Asks whether a planted defect is switched on; stands where the protection stands. */
export type Defects = (id: string) => boolean;

/** The sound system. */
export const noDefects: Defects = () => false;

export const refused = (reason: RefusalReason): Refused => ({ ok: false, reason });

/** `provider/region[/zone]`. */
export function domainPath(domain: Domain): string {
  const region = `${domain.provider}/${domain.region}`;
  return domain.zone === undefined ? region : `${region}/${domain.zone}`;
}

/** Whether a placement allows a domain: one of its paths is the domain's own or stands above it. */
export function allows(allowed: readonly string[], domain: string): boolean {
  for (const path of allowed) {
    if (domain === path || domain.startsWith(`${path}/`)) return true;
  }
  return false;
}

/** What an immutable value comes to as bytes. */
export interface Canonical {
  /** SHA-256 over the canonical bytes, in hexadecimal. */
  readonly sha256: string;
  /** Length of the canonical bytes, in characters. */
  readonly size: number;
}

const known = new WeakMap<object, Canonical>();

/**
 * The hash and the size of an immutable value's canonical bytes: its JSON, with the keys in the order in which the
 * value has them. Remembered for each object, so that replicas that share a command hash it once.
 */
export function canonical(content: object): Canonical {
  let found = known.get(content);
  if (found === undefined) {
    const json = JSON.stringify(content);
    found = { sha256: sha256(json), size: json.length };
    known.set(content, found);
  }
  return found;
}
