/**
 * A replica host: one member of each resource's group, the resources' request side, and a health observer.
 *
 * Every role of replica boots the same way; what a member may do (vote, lead, keep content) follows from its role in
 * the groups' configuration. A witness keeps no content, so it serves no requests and only redirects.
 */
import type { Host } from "seedstorm";
import { type GroupConfig, ReplicaHost } from "../replication/replica-host.js";
import { CheckpointMachine } from "../resources/checkpoint.js";
import { IdempotencyMachine } from "../resources/idempotency.js";
import { LeaseMachine } from "../resources/lease.js";
import { ObservationMachine, type PublicKeys } from "../resources/observations.js";
import { QueueMachine } from "../resources/queue.js";
import { ResourceServer } from "../resources/server.js";
import { RESOURCES, type ResourceName } from "../resources/types.js";
import type { PipelineKnobs } from "./knobs.js";
import { serveMembers } from "./members.js";

export interface ReplicaOptions {
  readonly members: GroupConfig["members"];
  /** How many providers' stores make an object durable. */
  readonly objectQuorum: number;
  /** Public keys of the health observers. */
  readonly publicKeys: PublicKeys;
}

/** Brings all groups of a host up and serves their resources. */
export async function startReplica(
  host: Host,
  knobs: PipelineKnobs,
  options: ReplicaOptions,
): Promise<ReplicaHost> {
  const defects = (id: string): boolean => host.defect(id);
  const replica = new ReplicaHost(host);
  const { visibility, maxDeliver, payloadLimit } = knobs;
  const queue = new QueueMachine({ visibility, maxDeliver, payloadLimit }, defects);
  const pointers = new CheckpointMachine({ quorum: options.objectQuorum }, defects);
  const health = new ObservationMachine(options.publicKeys, defects);
  const store = new IdempotencyMachine({ reservation: knobs.reservation }, defects);
  const lease = new LeaseMachine({ ttl: knobs.leaseTtl }, defects);

  // Only a queue can choose the weaker mode: what the other resources say must never be taken back.
  const acknowledgement = host.defect("GW8") ? "local-fast-path" : knobs.acknowledgement;
  const config = (group: ResourceName): GroupConfig => ({
    group,
    members: options.members,
  });
  const groups = {
    orders: replica.addGroup({ ...config(RESOURCES.orders), acknowledgement }, queue),
    effects: replica.addGroup(config(RESOURCES.effects), store),
    checkpoints: replica.addGroup(config(RESOURCES.checkpoints), pointers),
    leaders: replica.addGroup(config(RESOURCES.leaders), lease),
    observations: replica.addGroup(config(RESOURCES.observations), health),
    queue,
    pointers,
    health,
  };
  new ResourceServer(host, groups);
  serveMembers(host, replica);
  await replica.start();
  return replica;
}
