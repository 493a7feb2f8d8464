/**
 * Plans without some of their hosts: what the hosts were to do goes with them, and so do faults that then mean
 * nobody.
 */

import type { Fault, Selector } from "../../sim/faults/catalogue.js";
import type { HostSpec, Plan } from "../../sim/plan.js";
import { meansThere } from "../../sim/triggers.js";
import type { System } from "../../storm/scenario.js";

/** Ids of the hosts of which the system can do with fewer. */
export function removableHosts({ topology }: Plan, { minHosts = {} }: System): string[] {
  return topology.filter(({ role }) => Object.hasOwn(minHosts, role)).map(({ id }) => id);
}

/** The plan with just these of its expendable hosts, and of each role the first ones besides until enough are left. */
export function withExpendable(plan: Plan, system: System, kept: readonly string[]): Plan {
  const gone = new Set(removableHosts(plan, system).filter((id) => !kept.includes(id)));
  for (const [role, least] of Object.entries(system.minHosts ?? {})) {
    const ofRole = plan.topology.filter((host) => host.role === role);
    let missing = least - ofRole.filter(({ id }) => !gone.has(id)).length;
    for (const { id } of ofRole) if (missing > 0 && gone.delete(id)) missing--;
  }
  return withoutHosts(plan, gone);
}

function withoutHosts(plan: Plan, gone: ReadonlySet<string>): Plan {
  const topology = plan.topology.filter(({ id }) => !gone.has(id));
  const means = selectorsIn(topology);
  return {
    ...plan,
    topology,
    workload: plan.workload.filter(({ host }) => !gone.has(host)),
    faults: plan.faults.flatMap((fault) => remaining(fault, means) ?? []),
  };
}

/** Whether a selector means anybody among these hosts, an outside service, or where a moment will come. */
export function selectorsIn(topology: readonly HostSpec[]): (selector: Selector) => boolean {
  const places = new Set<string>(["*"]);
  for (const { id, domain } of topology) {
    places.add(id);
    places.add(`provider/${domain.provider}`);
    places.add(`region/${domain.provider}/${domain.region}`);
    if (domain.zone !== undefined) places.add(`zone/${domain.provider}/${domain.region}/${domain.zone}`);
  }
  return (selector) => places.has(selector) || selector.startsWith("external/") || meansThere(selector);
}

/** What is left of a fault; undefined when it means nobody any more. */
export function remaining(fault: Fault, means: (selector: Selector) => boolean): Fault | undefined {
  if (fault.kind === "partition") {
    const [a, b] = [fault.a.filter(means), fault.b.filter(means)];
    return a.length > 0 && b.length > 0 ? { ...fault, a, b } : undefined;
  }
  if ("from" in fault) return means(fault.from) && means(fault.to) ? fault : undefined;
  return means(fault.target) ? fault : undefined;
}
