/** The groups of a replica host by Raft, as the simulated pipeline has them; operators may change who belongs to them. */
import type { Host } from "seedstorm";
import { type GroupConfig, ReplicaHost } from "../replication/replica-host.js";
import { RESOURCES } from "../resources/types.js";
import type { PipelineKnobs } from "./knobs.js";
import { serveMembers } from "./members.js";
import type { GroupMembers } from "./replica.js";

/** @param members where every group begins: the same on all hosts. */
export function raftMembers(host: Host, knobs: PipelineKnobs, members: GroupConfig["members"]): GroupMembers {
  const replica = new ReplicaHost(host);
  // Only a queue can choose the weaker mode: what the other resources say must never be taken back.
  const acknowledgement = host.defect("GW8") ? "local-fast-path" : knobs.acknowledgement;
  return {
    add: (group, machine) =>
      replica.addGroup(
        group === RESOURCES.orders ? { group, members, acknowledgement } : { group, members },
        machine,
      ),
    start: async () => {
      serveMembers(host, replica);
      await replica.start();
    },
  };
}
