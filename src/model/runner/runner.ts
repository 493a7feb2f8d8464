/**
 * The runner, put together in a world from a plan: its brokers, what the other hosts run by their roles, and the services outside.
 */
import type { Host, Plan, World } from "seedstorm";
import type { RunnerBroker } from "./broker-port.js";
import { RunnerRoles, runnerServices } from "./roles.js";

/** How brokers boot and how others reach them. */
export interface BrokerService {
  boot(host: Host, brokers: readonly string[]): void | Promise<void>;
  client(host: Host, brokers: readonly string[]): RunnerBroker;
}

/** Brings the runner to life in a world made for this plan. Throws a RangeError that says what the plan lacks. */
export function buildRunner(world: World, plan: Plan, service: BrokerService): void {
  const brokers = plan.topology.filter(({ role }) => role === "broker").map(({ id }) => id);
  if (brokers.length === 0) throw new RangeError('topology: the runner needs a host with the role "broker"');
  const roles = new RunnerRoles(plan, {
    now: () => world.now,
    broker: (host) => service.client(host, brokers),
  });
  for (const [name, create] of runnerServices) world.addExternal(name, { create });
  for (const spec of plan.topology) {
    const boot = spec.role === "broker" ? (host: Host) => service.boot(host, brokers) : roles.bootOf(spec);
    if (boot !== undefined) world.onBoot(spec.id, boot);
  }
}
