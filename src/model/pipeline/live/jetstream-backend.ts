/**
 * The pipeline on JetStream's own queue and buckets: what is created for it, what is read back of it, and which promises of the
 * pipeline JetStream does not make. Each revision of a key holds what its command wrote, each message of the stream is a record:
 * read back, with the times at which the servers stored them, they are the resources' committed state.
 */
import { type Fact, type Json, type Plan, seconds, settingsOf, type Write } from "seedstorm";
import {
  type Backend,
  type BackendContext,
  Bucket,
  DrillError,
  type Engine,
  Objects,
  objectStream,
  type Recorder,
  type ReplicaContent,
} from "seedstorm/live";
import type { QueueRecord } from "../../resources/queue-command.js";
import { canonical, RESOURCES } from "../../resources/types.js";
import { PIPELINE_DEFAULTS } from "../knobs.js";
import { CHECKOUT_WORKERS } from "../wire.js";
import { placeOf, stepFact, withConsumer } from "./consumer-history.js";
import { advisorySubjects, deadLetterIn } from "./dead-letters.js";
import { BUCKETS, DEAD_LETTERS, ORDERS, STREAMS } from "./names.js";
import { keepersOf } from "./object-stores.js";
import type { Entry } from "./register.js";
import { settingsIn } from "./stream-queue.js";
import { WEAKNESSES } from "./weaknesses.js";

/** JetStream's default: for how long a repeated id is recognised. */
const DUPLICATE_WINDOW = seconds(120);
const NANOS_PER_MICRO = 1000;

export const jetstreamBackend: Backend = {
  id: "jetstream",
  title:
    "orders in a stream with a durable consumer, objects in object stores, everything else in key-value buckets",
  weaknesses: WEAKNESSES,
  notJudged: ["raft-replicas-catch-up"], // the pipeline has no replicas of its own; those of streams are compared when they are read back
  knownInTheEnd: true,
  roams: true,
  streams: () => STREAMS,
  prepare,
  unwell,
  recordState,
  historyOf: (events, { knobs }) => withConsumer(events, settingsOf(knobs, PIPELINE_DEFAULTS).visibility),
};

async function prepare({ engine, plan, stop }: BackendContext): Promise<void> {
  const window = DUPLICATE_WINDOW * NANOS_PER_MICRO;
  await engine.createStream(
    { name: ORDERS.stream, subjects: [ORDERS.subject], duplicate_window: window },
    stop,
  );
  await engine.createStream({ name: DEAD_LETTERS.stream, subjects: advisorySubjects(ORDERS.stream) }, stop);
  for (const bucket of Object.values(BUCKETS)) await Bucket.create(engine, bucket, stop);
  for (const [store, server] of keepersOf(plan.topology)) await Objects.create(engine, store, server, stop);
}

/** Object stores have who keeps them; the consumer has a leader, and its other replicas have caught up. */
async function unwell(engine: Engine, { topology }: Plan): Promise<readonly string[]> {
  const unkept: string[] = [];
  for (const store of keepersOf(topology).keys())
    if (!(await engine.info(objectStream(store)))?.cluster?.leader) unkept.push(`nobody keeps ${store}`);
  return [...unkept, ...(await unwellConsumer(engine))];
}

async function unwellConsumer(engine: Engine): Promise<readonly string[]> {
  const info = await engine.consumerInfo(ORDERS.stream, CHECKOUT_WORKERS);
  if (info === undefined) return [`nobody answers for ${CHECKOUT_WORKERS}`];
  if (info === null) return []; // maintenance has yet to create it
  const { leader, replicas = [] } = info.cluster ?? {};
  if (!leader) return [`${CHECKOUT_WORKERS} has no leader`];
  return replicas
    .filter(({ current, offline }) => offline === true || !current)
    .map(({ name }) => `${name} is not caught up with ${CHECKOUT_WORKERS}`);
}

async function recordState(
  { engine, plan }: BackendContext,
  replicas: readonly ReplicaContent[],
  recorder: Recorder,
  timeOf: (stamp: string) => bigint,
): Promise<void> {
  for (const log of STREAMS.keys()) {
    // The replica that was read first led on by itself; where others differ from it, that is found by comparing them.
    const replica = replicas.find((each) => each.log === log);
    if (replica === undefined) throw new DrillError(`nothing of ${log} could be read back`, "failed");
    // What stands at a position came after what stands before it: an entry that is held again bears its old stamp.
    let at = 0n;
    for (const [position, message] of replica.messages) {
      const stored = timeOf(message.timestamp);
      if (stored > at) at = stored;
      const fact = factOf(log, replica.server, position, message.json<Json>());
      if (fact !== undefined) recorder.record(replica.server, fact, at);
    }
  }
  for (const service of keepersOf(plan.topology).keys()) {
    for (const { name: token, bytes, stamp } of await new Objects(engine).all(service)) {
      const stored = { kind: "external", phase: "applied", service, operation: "put", token } as const;
      const value = { sha256: token, bytes };
      recorder.record(`external/${service}`, { ...stored, value }, timeOf(stamp));
    }
  }
  await recordConsumer(engine, recorder, timeOf);
}

/** What a stored message says was committed. */
function factOf(log: string, server: string, txn: number, content: Json): Fact | undefined {
  if (log === DEAD_LETTERS.log) {
    const letter = deadLetterIn(content);
    return letter && stepFact(placeOf(letter.group, letter.offset), { to: "buried", count: letter.count });
  }
  const writes =
    log === RESOURCES.orders ? [recordWrite(txn - 1, content)] : (content as unknown as Entry).writes; // as registers write
  return { kind: "durable", store: `${log}@${server}`, txn, writes };
}

function recordWrite(offset: number, content: Json): Write {
  const record = content as unknown as QueueRecord; // as the queue publishes
  const { key, schemaId, generation, orderId } = record;
  const { sha256 } = canonical(record);
  return { key: `record/${offset}`, value: { key, sha256, schemaId, generation, orderId } };
}

async function recordConsumer(
  engine: Engine,
  recorder: Recorder,
  timeOf: (stamp: string) => bigint,
): Promise<void> {
  const info = await engine.consumerInfo(ORDERS.stream, CHECKOUT_WORKERS);
  if (info === undefined || info === null) return;
  const { placement, semantics } = settingsIn(info.config.description);
  const by = info.cluster?.leader ?? ORDERS.stream;
  recorder.record(
    by,
    stepFact(CHECKOUT_WORKERS, { to: "created", placement, semantics }),
    timeOf(info.created),
  );
  recorder.record(by, stepFact(CHECKOUT_WORKERS, { to: "read back", floor: info.ack_floor.stream_seq }));
}
