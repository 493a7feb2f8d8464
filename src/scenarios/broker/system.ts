/** The brokers and a transactional store as a system under test: what boots, and what must hold of it. */
import { asBegun, DAMAGE, type Plan, type System, selects, type World } from "seedstorm";
import { worldProperties } from "seedstorm/check";
import { buildBrokers } from "../../model/broker/clients/build.js";
import { TRANSFER } from "../../model/broker/clients/teller.js";
import { brokerDefects } from "../../model/broker/defects.js";
import { brokerMoments } from "../../model/broker/moments.js";
import { brokerProperties } from "../../model/broker/properties/index.js";
import { raftProperties } from "../../model/replication/properties/index.js";
import { storageDefects } from "../../model/storage/defects.js";
import { storageProperties } from "../../model/storage/properties/index.js";
import { strictlySerializable } from "../../model/storage/properties/strict.js";
import { CLIENT_ROLES } from "./topology.js";

export const brokerSystem: System = {
  id: "broker",
  title: "message broker and transactional store",
  properties: [
    ...brokerProperties,
    ...storageProperties,
    strictlySerializable(TRANSFER),
    ...raftProperties,
    ...worldProperties,
  ],
  defects: [...brokerDefects, ...storageDefects],
  moments: brokerMoments,
  clients: CLIENT_ROLES,
  minHosts: { worker: 1, mailer: 1, keeper: 0, producer: 0, teller: 0 },
  stressKnobs: { "raft.snapshotEvery": 1 },
  build: buildBrokers,
  unrecoverable: hasLostItsQuorum,
};

/** Whether so many brokers lost their data that those left are no quorum of a group, and are waiting to be rebuilt. */
function hasLostItsQuorum(world: World, plan: Plan): boolean {
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
