/** A broker: its members of the groups, and the request side. Everything that one host of them boots. */
import type { Host } from "seedstorm";
import { ReplicaHost } from "../replication/replica-host.js";
import { type BrokerGroups, brokerGroups } from "./groups.js";
import { BrokerServer } from "./server.js";

export interface BrokerOptions {
  /** Ids of all brokers, this one among them. */
  readonly brokers: readonly string[];
  /** Entries from one snapshot to the next. Default: the knob `raft.snapshotEvery`, or 256. */
  readonly snapshotEvery?: number;
}

/** Recovers what this broker's disk kept, and serves it. */
export async function startBroker(
  host: Host,
  { brokers, snapshotEvery }: BrokerOptions,
): Promise<BrokerGroups> {
  const replicas = new ReplicaHost(host, snapshotEvery === undefined ? {} : { snapshotEvery });
  const groups = brokerGroups(host, replicas, brokers);
  new BrokerServer(host, groups, brokers);
  await replicas.start();
  return groups;
}
