/**
 * When a universe with brokers can't recover by design: a group lost the stored data of so many members that what is left is no
 * quorum. Nobody is to blame then that nothing goes on; what was promised of safety still holds.
 */
import { asBegun, DAMAGE, type Plan, selects, type World } from "seedstorm";

/** Whether so many brokers lost their data that those left are no quorum of a group, and are waiting to be rebuilt. */
export function hasLostItsQuorum(world: World, plan: Plan): boolean {
  const brokers = plan.topology.filter(({ role }) => role === "broker");
  const begun = asBegun(plan.faults, world.history.events, plan.topology);
  const isDamaged = brokers.some((broker) =>
    begun.some(
      (fault) =>
        DAMAGE.has(fault.kind) && "target" in fault && selects(fault.target, { ...broker, external: false }),
    ),
  );
  if (!isDamaged) return false;
  const recovering = new Map<string, Set<string>>();
  /** Groups with streams: nobody misses the others. */
  const used = new Set<string>();
  for (const event of world.history.events) {
    if (event.kind === "durable") used.add(event.store.slice(0, event.store.indexOf("@")));
    if (event.kind !== "state" || event.entity !== "raft") continue;
    const [group = "", host = ""] = event.name.split("@");
    const members = recovering.get(group) ?? new Set<string>();
    recovering.set(group, members);
    if (event.to === "recovering") members.add(host);
    else members.delete(host);
  }
  return [...recovering].some(
    ([group, members]) => used.has(group) && members.size > (group === "broker" ? 1 : 0),
  );
}
