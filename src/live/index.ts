/**
 * Drills: a system as real processes over a real JetStream cluster, under real faults, judged by the same properties as in the
 * simulation. Running one needs the clients of NATS, which are optional peers of this package, and `nats-server` on the machine;
 * judging one needs neither.
 */
export { type Backend, type BackendContext, logBackend, type Weakness } from "./backend.js";
export { Bucket, bucketStream, keyOfSubject, type Looked, type Put, type Revision } from "./bucket.js";
export type {
  DrawnDrill,
  Drill,
  DrillOptions,
  DrillProcesses,
  LiveContext,
} from "./definition.js";
export { runDrill } from "./drill.js";
export { parseFaults, readFaults } from "./fault-file.js";
export {
  checkFaults,
  type DrillFault,
  type FaultGround,
  type LiveFault,
  type LiveKind,
  SERVER_ROLE,
} from "./faults.js";
export { type DrillHistory, historyText, isDrillHistory, parseHistory, readHistory } from "./history-file.js";
export { readSettings, runHost } from "./host-process.js";
export { type Appended, Engine, type Found, loadClients } from "./jetstream.js";
export { asScenario, judge } from "./judge.js";
export { checkSync, DrillError, findNatsServer, type NatsServer, type SyncInterval } from "./nats-server.js";
export { Objects, objectStream, type StoredObject } from "./objects.js";
export {
  type ConsumerSettings,
  type Handed,
  type Published,
  type Pulled,
  Queue,
  type Word,
} from "./queue.js";
export type { Recorder, ReplicaContent } from "./read-back.js";
export {
  type Listening,
  type Route,
  ServiceHost,
  type ServiceOptions,
  type ServiceReply,
  type ServiceRequest,
} from "./service-host.js";
