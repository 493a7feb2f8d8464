/**
 * The two streams of the queue. Blocks wait in a work queue, each under a subject of its own, so that one that is put there
 * twice is there once; it is gone when a worker has acknowledged it. Results stay, one for each block and the first that came,
 * until their campaign is complete, or a week.
 */
import type { ConsumerConfig, JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import { InputError } from "../explore/formats/input-error.js";
import { reason } from "./clients.js";

export const BLOCKS = "SEEDSTORM_BLOCKS";
export const RESULTS = "SEEDSTORM_RESULTS";

const NANOS = 1_000_000;
const WEEK_MS = 7 * 24 * 3_600_000;
/** A consumer of blocks that nobody pulls from is removed after so long; the next worker makes it again. */
const IDLE_MS = 3_600_000;
const REPLICAS = 3;

type Wanted = Pick<
  StreamConfig,
  "name" | "subjects" | "retention" | "discard" | "max_msgs_per_subject" | "max_age"
> &
  Partial<StreamConfig>;

const STREAMS: readonly Wanted[] = [
  {
    name: BLOCKS,
    subjects: ["seedstorm.blocks.>"],
    retention: "workqueue",
    discard: "new",
    discard_new_per_subject: true,
    max_msgs_per_subject: 1,
    max_age: 0,
  },
  {
    name: RESULTS,
    subjects: ["seedstorm.results.>"],
    retention: "limits",
    discard: "old",
    max_msgs_per_subject: 1,
    max_age: WEEK_MS * NANOS,
  },
];

/** What one part of a subject is: who can run a block, its campaign, and its positions. */
export interface BlockName {
  /** Of the code that its runs need. */
  readonly code: string;
  readonly campaign: string;
  readonly from: number;
  readonly runs: number;
}

export const blocksOf = (code: string): string => `seedstorm.blocks.${code}.>`;
export const blocksIn = (code: string, campaign: string): string => `seedstorm.blocks.${code}.${campaign}.>`;
export const resultsIn = (campaign: string): string => `seedstorm.results.${campaign}.>`;
export const blockSubject = ({ code, campaign, from, runs }: BlockName): string =>
  `seedstorm.blocks.${code}.${campaign}.${from}-${runs}`;
export const resultSubject = ({ campaign, from, runs }: Omit<BlockName, "code">): string =>
  `seedstorm.results.${campaign}.${from}-${runs}`;
/** Whoever begins a campaign asks here who is there; workers answer. */
export const HELLO = "seedstorm.hello";

/** Makes the streams where they are not there yet. @throws InputError when one is there that is none of ours. */
export async function ensureStreams(manager: JetStreamManager): Promise<void> {
  for (const wanted of STREAMS) {
    const found = await infoOf(manager, wanted.name);
    if (found === undefined) await addStream(manager, wanted);
    else refuseOther(wanted, found);
  }
}

async function infoOf(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (codeOf(error) === STREAM_NOT_FOUND) return undefined;
    throw new InputError(`--queue: the stream ${name} can't be looked at: ${reason(error)}`);
  }
}

/** With three replicas where there are three servers, and with one where there is no cluster. */
async function addStream(manager: JetStreamManager, wanted: Wanted): Promise<void> {
  for (const num_replicas of [REPLICAS, 1]) {
    try {
      await manager.streams.add({ ...wanted, num_replicas });
      return;
    } catch (error) {
      if (num_replicas > 1 && TOO_FEW_SERVERS.includes(codeOf(error))) continue;
      // Another one was quicker: what it made is looked at.
      if (codeOf(error) === STREAM_NAME_IN_USE) {
        const found = await infoOf(manager, wanted.name);
        if (found !== undefined) return refuseOther(wanted, found);
      }
      throw new InputError(`--queue: the stream ${wanted.name} can't be made: ${reason(error)}`);
    }
  }
}

const STREAM_NOT_FOUND = 10059;
const STREAM_NAME_IN_USE = 10058;
/** No cluster, and too few servers that could take a replica. */
const TOO_FEW_SERVERS = [10074, 10005];
/** A stream that takes one message for each subject has one with this subject. */
export const SUBJECT_TAKEN = 10077;
/** It was expected that no message has this subject, and there is one. */
export const WRONG_LAST = 10071;

/** The number by which JetStream names an error; 0 for other errors. */
export function codeOf(error: unknown): number {
  const code = error instanceof Error && "code" in error ? error.code : 0;
  return typeof code === "number" ? code : 0;
}

function refuseOther(wanted: Wanted, found: StreamConfig): void {
  for (const [name, value] of Object.entries(wanted)) {
    const there = found[name as keyof StreamConfig];
    if (JSON.stringify(there ?? 0) === JSON.stringify(value)) continue;
    throw new InputError(
      `--queue: there is a stream ${wanted.name} with ${name} ${JSON.stringify(there)}, and the queue needs ${JSON.stringify(value)}: remove it (nats stream rm ${wanted.name}) or take another account`,
    );
  }
}

/**
 * The consumer that all workers of some code share; it is made by the first of them.
 *
 * @param patienceMs how long a worker may be silent before its block goes to another.
 * @returns the patience that holds, which is that of the first worker.
 */
export async function ensureConsumer(
  manager: JetStreamManager,
  code: string,
  patienceMs: number,
): Promise<{ readonly name: string; readonly patienceMs: number }> {
  const name = `workers-${code}`;
  const config: Partial<ConsumerConfig> = {
    durable_name: name,
    filter_subject: blocksOf(code),
    ack_policy: "explicit",
    ack_wait: patienceMs * NANOS,
    max_ack_pending: -1,
    inactive_threshold: IDLE_MS * NANOS,
  };
  try {
    const { config: there } = await manager.consumers.info(BLOCKS, name);
    return { name, patienceMs: (there.ack_wait ?? patienceMs * NANOS) / NANOS };
  } catch {
    await manager.consumers.add(BLOCKS, config);
    return { name, patienceMs };
  }
}
