/**
 * The whole pipeline, put together in a world from a plan: what boots on which host, by its role, with its groups
 * replicated by Raft, and the services outside.
 */
import type { Host, Plan, World } from "seedstorm";
import type { GroupConfig } from "../replication/replica-host.js";
import type { ReplicaLocator } from "../resources/types.js";
import { raftMembers } from "./raft-members.js";
import { PipelineRoles } from "./roles.js";

/** The design is usually drawn with so many; only a planted defect goes back to it. */
const VOTERS_OF_THE_SOURCE = 2;

/** Puts the pipeline into a world made for this plan. */
export function buildPipeline(world: World, plan: Plan): void {
  const roles = new PipelineRoles(plan, {
    now: () => world.now,
    keeping: {
      by: "replicas",
      members: (host, knobs, replicas) => raftMembers(host, knobs, membersFor(host, replicas)),
    },
  });
  for (const { name, domain, create } of roles.services()) {
    world.addExternal(name, {
      ...(domain === undefined ? {} : { domain }),
      create: () => create((id) => world.defect(id)),
    });
  }
  for (const spec of plan.topology) {
    const boot = roles.bootOf(spec);
    if (boot !== undefined) world.onBoot(spec.id, boot);
  }
}

/** Where every group begins: all replicas, in the roles that they were placed in. */
function membersFor(host: Host, replicas: readonly ReplicaLocator[]): GroupConfig["members"] {
  const votes = host.defect("GW1") ? VOTERS_OF_THE_SOURCE : replicas.length;
  return replicas.map(({ replicaId, role, contentGeneration }, i) => ({
    id: replicaId,
    role: i < votes ? role : "learner",
    contentGeneration,
  }));
}
