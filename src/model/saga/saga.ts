/**
 * The saga engine, put together: which part boots on which host.
 *
 * Roles of hosts: `database`, `api` and `auditor` (one of each), `runner`, `customer`, `operator`. The cloud
 * stands outside.
 */
import type { HostSpec, Plan, World } from "seedstorm";
import { Api } from "./api.js";
import { Auditor } from "./auditor.js";
import { CLOUD, Cloud } from "./cloud.js";
import { Customer } from "./customer.js";
import { Database } from "./database.js";
import { sagaKnobs } from "./knobs.js";
import { Operator } from "./operator.js";
import { Runner } from "./runner.js";

/** Brings the engine to life in a world made for this plan. Throws a RangeError when a part has no host. */
export function buildSaga(world: World, plan: Plan): void {
  sagaKnobs(plan.knobs); // a plan that is no good is refused as a whole
  const database = firstWith(plan.topology, "database");
  const api = firstWith(plan.topology, "api");
  const cloud = `external/${CLOUD}`;
  world.addExternal(CLOUD, {
    create: () =>
      new Cloud(
        (goal) => world.reached(cloud, goal),
        (id) => world.defect(id),
      ),
  });
  for (const { id, role } of plan.topology) {
    const operations = plan.workload.filter((operation) => operation.host === id);
    world.onBoot(id, (host) => {
      const knobs = sagaKnobs(host.knobs);
      switch (role) {
        case "database":
          return new Database(host, knobs).start();
        case "api":
          return new Api(host, knobs, database).start();
        case "runner":
          return new Runner(host, knobs, database).start();
        case "auditor":
          return new Auditor(host, knobs, database).start();
        case "customer":
          return new Customer(host, knobs, api).start(operations);
        case "operator":
          return new Operator(host, knobs, api).start(operations);
      }
    });
  }
}

function firstWith(topology: readonly HostSpec[], role: string): string {
  const host = topology.find((spec) => spec.role === role);
  if (host === undefined)
    throw new RangeError(`topology: the saga engine needs a host with the role "${role}"`);
  return host.id;
}
