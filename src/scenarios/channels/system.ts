/**
 * Channels over the broker as a system under test: three brokers, and senders, receivers and a clerk who have nothing between them but
 * channels and a topic.
 */
import { defineSystem, settingsOf } from "seedstorm";
import { startBroker } from "../../model/broker/broker.js";
import { channelDefects } from "../../model/channels/defects.js";
import { channelMoments } from "../../model/channels/moments.js";
import { type ReceiverKnobs, send, startClerk, startReceiver } from "../../model/channels/people.js";
import { channelProperties } from "../../model/channels/properties/index.js";
import { raftProperties } from "../../model/replication/properties/index.js";
import { hasLostItsQuorum } from "../broker/quorum.js";

const RECEIVERS: ReceiverKnobs = { slowness: 1 };
/** Snapshots are taken soon, so that most runs have some. */
const SNAPSHOT_EVERY = 64;

export const channelSystem = defineSystem({
  id: "channels",
  title: "channels over the broker",
  roles: {
    broker: async (host, { hosts }) => {
      await startBroker(host, { brokers: hosts("broker") });
    },
    receiver: (host, { hosts }) => startReceiver(host, hosts("broker"), settingsOf(host.knobs, RECEIVERS)),
    clerk: (host, { hosts }) => startClerk(host, hosts("broker")),
  },
  clients: ["sender", "clerk"],
  operations: { send },
  minHosts: { sender: 1, receiver: 1, clerk: 1 },
  knobs: { ...RECEIVERS, "raft.snapshotEvery": SNAPSHOT_EVERY },
  stressKnobs: { "raft.snapshotEvery": 1 },
  moments: channelMoments,
  properties: [...channelProperties, ...raftProperties],
  defects: channelDefects,
  unrecoverable: hasLostItsQuorum,
});
