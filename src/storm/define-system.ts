/**
 * A system under test in a few lines: what boots on hosts of each role, what clients do for each action of a workload,
 * which services stand outside, and what must hold. Properties of the world itself are added.
 *
 * Clients stand outside of the system: what a workload has for a host is done once, at its time, or as soon as the host is up
 * again. What was begun when a host crashed is over, and its outcome is never recorded.
 */

import { answered } from "../check/latencies.js";
import type { Property } from "../check/property.js";
import { externalProperties, worldProperties } from "../check/world.js";
import type { ExternalSpec } from "../sim/external.js";
import type { Host } from "../sim/host.js";
import type { Operation, Plan } from "../sim/plan.js";
import type { World } from "../sim/world.js";
import { Client } from "./client.js";
import { checkKnobNames } from "./knobs.js";
import type { System } from "./scenario.js";

/** What code knows of the universe that it boots in, besides its host. */
export interface Cluster {
  readonly plan: Plan;
  /** Ids of the hosts of a role, in the order of the topology. */
  hosts(role: string): readonly string[];
}

/** Does one operation of the workload; it records what it asks for and what comes of it with `client.operation`. */
export type ClientAction = (client: Client, operation: Operation, cluster: Cluster) => Promise<unknown>;

export interface SystemDefinition
  extends Pick<
    System,
    | "id"
    | "noun"
    | "clients"
    | "knobs"
    | "moments"
    | "minHosts"
    | "stressKnobs"
    | "latencies"
    | "unrecoverable"
  > {
  /** What it is, in a few words. Default: its id. */
  readonly title?: string;
  /** What runs on the hosts of each role, from each boot on. Clients that do no more than their part of the workload need nothing. */
  readonly roles: Readonly<Record<string, (host: Host, cluster: Cluster) => void | Promise<void>>>;
  /** What clients do, by the action that the workload names. */
  readonly operations?: Readonly<Record<string, ClientAction>>;
  /** Services beyond the failure model, by the name that `host.call` uses. */
  readonly services?: Readonly<Record<string, ExternalSpec>>;
  /** What must hold, besides the properties of every world. */
  readonly properties: readonly Property[];
  readonly defects?: System["defects"];
}

export function defineSystem(definition: SystemDefinition): System {
  const { id, title = id, services = {}, operations = {}, properties, defects = [], ...rest } = definition;
  const { roles: _, ...optional } = rest;
  return {
    minHosts: Object.fromEntries((definition.clients ?? []).map((role) => [role, 0])),
    latencies: (history) =>
      Object.fromEntries(
        Object.keys(operations).map((action) => [`done (${action})`, answered(history, action)]),
      ),
    ...optional,
    id,
    title,
    services: Object.keys(services),
    properties: [
      ...properties,
      ...(Object.keys(services).length === 0 ? [] : externalProperties),
      ...worldProperties,
    ],
    defects,
    build: (world, plan) => build(definition, world, plan),
  };
}

/** @throws RangeError when the plan has an action, a role or a knob that the system knows nothing of. */
function build(definition: SystemDefinition, world: World, plan: Plan): void {
  const { id, roles, operations = {}, services = {}, clients = [], knobs } = definition;
  // one that does not say which it has may have any
  if (knobs !== undefined) checkKnobNames(plan.knobs, [...Object.keys(knobs), "buggify"]);
  plan.workload.forEach(({ action }, i) => {
    if (Object.hasOwn(operations, action)) return;
    throw new RangeError(
      `workload[${i}].action: system ${id} has no operation "${action}"; operations are ${Object.keys(operations).join(", ")}`,
    );
  });
  const cluster: Cluster = {
    plan,
    hosts: (role) => plan.topology.filter((spec) => spec.role === role).map((spec) => spec.id),
  };
  for (const [name, spec] of Object.entries(services)) world.addExternal(name, spec);
  plan.topology.forEach((spec, i) => {
    const boot = Object.hasOwn(roles, spec.role) ? roles[spec.role] : undefined;
    if (boot === undefined && !clients.includes(spec.role)) {
      const names = [...Object.keys(roles), ...clients].join(", ");
      throw new RangeError(
        `topology[${i}].role: system ${id} has no role "${spec.role}"; roles are ${names}`,
      );
    }
    const own = plan.workload.filter(({ host }) => host === spec.id);
    const workload = new HostWorkload(own, operations, cluster, world);
    world.onBoot(spec.id, (host) => {
      workload.start(host);
      return boot?.(host, cluster);
    });
  });
}

/** The part of a workload that one host does. It outlives the host's crashes. */
class HostWorkload {
  readonly #waiting: Set<Operation>;
  readonly #actions: Readonly<Record<string, ClientAction>>;
  readonly #cluster: Cluster;
  readonly #world: World;

  constructor(
    operations: readonly Operation[],
    actions: Readonly<Record<string, ClientAction>>,
    cluster: Cluster,
    world: World,
  ) {
    this.#waiting = new Set(operations);
    this.#actions = actions;
    this.#cluster = cluster;
    this.#world = world;
  }

  start(host: Host): void {
    const client = new Client(host);
    for (const operation of this.#waiting) {
      host.after(Math.max(0, operation.at - this.#world.now), () => {
        this.#waiting.delete(operation);
        void this.#actions[operation.action]?.(client, operation, this.#cluster);
      });
    }
  }
}
