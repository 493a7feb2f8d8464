/**
 * The replica mirror, put together: which part boots on which host.
 *
 * Grains live in a primary cluster and are mirrored by clusters in other regions, through a replication log
 * and a directory that are services of their own. Roles of hosts: `cluster` (the first one is home), `log`,
 * `directory`, `client`, `operator`.
 */
import type { HostSpec, Plan, World } from "seedstorm";
import { Application } from "./application.js";
import { Cluster, type Sites } from "./cluster.js";
import { Directory } from "./directory.js";
import { grainIds } from "./grain.js";
import { mirrorKnobs } from "./knobs.js";
import { LogServer } from "./log.js";
import { Operator } from "./operator.js";

/** Brings the mirror to life in a world made for this plan. Throws a RangeError when a part has no host. */
export function buildMirror(world: World, plan: Plan): void {
  const grains = grainIds(mirrorKnobs(plan.knobs).grains);
  const sites: Sites = {
    log: firstWith(plan.topology, "log"),
    directory: firstWith(plan.topology, "directory"),
    home: firstWith(plan.topology, "cluster"),
  };
  for (const { id, role } of plan.topology) {
    const operations = plan.workload.filter((operation) => operation.host === id);
    world.onBoot(id, (host) => {
      const knobs = mirrorKnobs(host.knobs);
      switch (role) {
        case "cluster":
          return new Cluster(host, knobs, sites, grains).start();
        case "log":
          return new LogServer(host, knobs).start();
        case "directory":
          return new Directory(host).start();
        case "client":
          return new Application(host, knobs, sites.directory).start(operations);
        case "operator":
          return new Operator(host, knobs, sites).start(operations);
      }
    });
  }
}

function firstWith(topology: readonly HostSpec[], role: string): string {
  const host = topology.find((spec) => spec.role === role);
  if (host === undefined) throw new RangeError(`topology: the mirror needs a host with the role "${role}"`);
  return host.id;
}
