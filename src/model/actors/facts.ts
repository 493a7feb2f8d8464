/**
 * What the layer tells the history, in one place: the names of its entities and the shape of what is said about them. Facts
 * of one name come from one life of one host, and are to be read together with the host that tells them.
 */
import type { Host, Json } from "seedstorm";
import type { ExitReason } from "./actor.js";

/** Entities of `state` facts. */
export const ENTITY = {
  actor: "actor",
  call: "actor-call",
  supervisor: "supervisor",
  child: "child",
  channel: "channel",
  receiver: "channel-receiver",
  sender: "channel-sender",
  breaker: "breaker",
  breakerCall: "breaker-call",
  pool: "pool",
  lease: "pool-lease",
  waiter: "pool-waiter",
  instance: "instance",
  route: "route",
} as const;

export type Entity = (typeof ENTITY)[keyof typeof ENTITY];

export function recordState(
  host: Host,
  entity: Entity,
  name: string,
  from: string,
  to: string,
  detail: Readonly<Record<string, Json>>,
): void {
  host.record({ kind: "state", entity, name, from, to, detail });
}

/** A reason as data. */
export function reasonAsJson(reason: ExitReason): Readonly<Record<string, Json>> {
  return { ...reason };
}
