/** The brokers and a transactional store as a system under test: what boots, and what must hold of it. */
import type { System } from "seedstorm";
import { worldProperties } from "seedstorm/check";
import { buildBrokers } from "../../model/broker/clients/build.js";
import { EXAMINED } from "../../model/broker/clients/clerk.js";
import { TRANSFER } from "../../model/broker/clients/teller.js";
import { brokerDefects } from "../../model/broker/defects.js";
import { brokerMoments } from "../../model/broker/moments.js";
import { brokerProperties } from "../../model/broker/properties/index.js";
import { raftProperties } from "../../model/replication/properties/index.js";
import { storageDefects } from "../../model/storage/defects.js";
import { unknownHasCause } from "../../model/storage/properties/answers.js";
import { storageProperties } from "../../model/storage/properties/index.js";
import { readsShowTheStore } from "../../model/storage/properties/reference.js";
import { strictlySerializable } from "../../model/storage/properties/strict.js";
import { hasLostItsQuorum } from "./quorum.js";
import { CLIENT_ROLES } from "./topology.js";

export const brokerSystem: System = {
  id: "broker",
  title: "message broker and transactional store",
  properties: [
    ...brokerProperties,
    ...storageProperties,
    strictlySerializable(TRANSFER),
    readsShowTheStore(EXAMINED),
    unknownHasCause(TRANSFER),
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
