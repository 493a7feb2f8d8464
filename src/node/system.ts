/**
 * A system under test that is made of programs: hosts by name, each with what it runs, as the harness knows
 * systems. So a system of programs is stormed, checked, shrunk and reported on like any other.
 */
import type { Property } from "../check/property.js";
import { worldProperties } from "../check/world.js";
import type { HostSpec } from "../sim/plan.js";
import type { World } from "../sim/world.js";
import type { System } from "../storm/scenario.js";
import type { BootHost, HostDefinition } from "./hosts.js";
import { Names } from "./net/names.js";

export interface ProgramSystemOptions {
  readonly id: string;
  readonly title: string;
  /** By id: the names by which hosts reach each other. */
  readonly hosts: Readonly<Record<string, HostDefinition>>;
  readonly properties: readonly Property[];
  /** Absolute path of the folder in which relative paths begin. */
  readonly base: string;
  /** Called when a universe is built, and before it begins. */
  readonly prepare?: (world: World) => void;
}

/** Prepares what all hosts run. Rejects with a ProgramError. */
export async function programSystem(options: ProgramSystemOptions): Promise<System> {
  const { id, title, hosts, properties, base, prepare } = options;
  const boots = new Map<string, BootHost>();
  const preparation = { base, needs: new Map<string, number>() };
  for (const [host, definition] of Object.entries(hosts))
    boots.set(host, await definition.prepare(preparation));
  return {
    id,
    title,
    properties: [...properties, ...worldProperties],
    defects: [],
    build(world, plan) {
      const universe = { world, names: new Names(plan.topology) };
      for (const { id: host } of plan.topology) {
        const boot = boots.get(host);
        if (boot !== undefined) world.onBoot(host, (incarnation) => boot(incarnation, universe));
      }
      prepare?.(world);
    },
  };
}

const ZONES = ["a", "b", "c"] as const;

/** Hosts in one region, spread over its zones. Their ids are their roles. */
export function topologyOf(hosts: readonly string[]): HostSpec[] {
  return hosts.map((id, index) => ({
    id,
    domain: { provider: "cloud", region: "region", zone: ZONES[index % ZONES.length] ?? "a" },
    role: id,
  }));
}
