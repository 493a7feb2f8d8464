/**
 * A replica host: one member of each resource's group, and the resources' request side.
 *
 * Every role of replica boots the same way; what a member may do (vote, lead, keep content) follows from its role in
 * the groups' configuration. A witness keeps no content, so it serves no requests and only redirects. By what protocol a
 * group's members agree is not known here: whoever starts a replica brings them.
 */
import type { Host } from "seedstorm";
import type { Command, GroupMember, StateMachine } from "../replication/machine.js";
import { CheckpointMachine } from "../resources/checkpoint.js";
import { IdempotencyMachine } from "../resources/idempotency.js";
import { LeaseMachine } from "../resources/lease.js";
import { ObservationMachine, type PublicKeys } from "../resources/observations.js";
import { QueueMachine } from "../resources/queue.js";
import { ResourceServer } from "../resources/server.js";
import { RESOURCES, type ResourceName } from "../resources/types.js";
import type { PipelineKnobs } from "./knobs.js";

/** This host's members of the groups, as they are put together. */
export interface GroupMembers {
  /** Adds the member of a group, with its fresh state machine. All are added before `start`. */
  add<C extends Command, R>(group: ResourceName, machine: StateMachine<C, R>): GroupMember<C, R>;
  /** Brings all of them up; resolves when they take part. */
  start(): Promise<void>;
}

export interface ReplicaOptions {
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
  members: GroupMembers,
): Promise<void> {
  const defects = (id: string): boolean => host.defect(id);
  const { visibility, maxDeliver, payloadLimit } = knobs;
  const queue = new QueueMachine({ visibility, maxDeliver, payloadLimit }, defects);
  const pointers = new CheckpointMachine({ quorum: options.objectQuorum }, defects);
  const health = new ObservationMachine(options.publicKeys, defects);
  const store = new IdempotencyMachine({ reservation: knobs.reservation }, defects);
  const lease = new LeaseMachine({ ttl: knobs.leaseTtl }, defects);
  const groups = {
    orders: members.add(RESOURCES.orders, queue),
    effects: members.add(RESOURCES.effects, store),
    checkpoints: members.add(RESOURCES.checkpoints, pointers),
    leaders: members.add(RESOURCES.leaders, lease),
    observations: members.add(RESOURCES.observations, health),
    queue,
    pointers,
    health,
  };
  new ResourceServer(host, groups);
  await members.start();
}
