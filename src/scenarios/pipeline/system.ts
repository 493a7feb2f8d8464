/**
 * The cross-cloud order pipeline as a system under test: what boots, and what must hold of it.
 */

import { asBegun, DAMAGE, type Plan, type System, selects, type World } from "seedstorm";
import { externalProperties, worldProperties } from "seedstorm/check";
import { pipelineDefects } from "../../model/pipeline/defects.js";
import { PIPELINE_DEFAULTS } from "../../model/pipeline/knobs.js";
import { pipelineMoments } from "../../model/pipeline/moments.js";
import { buildPipeline } from "../../model/pipeline/pipeline.js";
import { pipelineProperties } from "../../model/pipeline/properties/index.js";
import { orderLatencies } from "../../model/pipeline/properties/latencies.js";
import { linearizabilityProperties } from "../../model/pipeline/properties/linearizability/index.js";
import { rareMoments } from "../../model/pipeline/rare-moments.js";
import { replicationDefects } from "../../model/replication/defects.js";
import { raftProperties, raftRecoveryProperties } from "../../model/replication/properties/index.js";
import { withRole } from "./topology.js";

export const pipelineSystem: System = {
  id: "pipeline",
  title: "cross-cloud order pipeline",
  noun: "order",
  properties: [
    ...pipelineProperties,
    ...linearizabilityProperties,
    ...raftProperties,
    ...raftRecoveryProperties,
    ...externalProperties,
    ...worldProperties,
  ],
  defects: [...pipelineDefects, ...replicationDefects],
  moments: [...pipelineMoments, ...rareMoments],
  knobs: { ...PIPELINE_DEFAULTS },
  minHosts: { gateway: 1, worker: 0, maintenance: 0, shop: 0, operator: 0, auditor: 0 },
  stressKnobs: { "raft.snapshotEvery": 1 },
  latencies: orderLatencies,
  build: buildPipeline,
  unrecoverable: hasLostItsQuorum,
};

/** Whether so many voters lost their data that those left are no quorum, and they are still waiting to be rebuilt. */
function hasLostItsQuorum(world: World, plan: Plan): boolean {
  const voters = withRole(plan.topology, "replica");
  const tolerated = voters.length - (Math.floor(voters.length / 2) + 1);
  const begun = asBegun(plan.faults, world.history.events, plan.topology);
  const damaged = voters.filter((voter) =>
    begun.some(
      (fault) =>
        DAMAGE.has(fault.kind) && "target" in fault && selects(fault.target, { ...voter, external: false }),
    ),
  );
  if (damaged.length <= tolerated) return false;
  const recovering = new Map<string, Set<string>>();
  for (const event of world.history.events) {
    if (event.kind !== "state" || event.entity !== "raft") continue;
    const [group = "", host = ""] = event.name.split("@");
    const members = recovering.get(group) ?? new Set<string>();
    recovering.set(group, members);
    if (event.to === "recovering") members.add(host);
    else members.delete(host);
  }
  return [...recovering.values()].some((members) => members.size > tolerated);
}
