/**
 * Reads every stream back from each of its replicas, as each leads in turn. What a replica holds is recorded as what it applied at
 * each position, so that the property which compares replicated machines compares these, too: replicas that differ, or lack
 * what others hold, are a finding. An entry that one replica holds at two positions is another, and is left out of that comparison.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { StoredMsg } from "@nats-io/jetstream";
import type { Fact } from "../sim/history.js";
import { heldFacts } from "./held-entries.js";
import { type Engine, REPLICAS } from "./jetstream.js";

/** Hand-overs that are asked for until each replica has led. */
const HAND_OVERS = 20;
const PAUSE_MS = 250;
/** Positions that are asked for at once. */
const AT_ONCE = 64;
/** A position is asked for so often before it is given up. */
const ATTEMPTS = 5;

export interface Recorder {
  /** @param at nanoseconds of the machine's monotonic clock; now by default. */
  record(host: string, fact: Fact, at?: bigint): void;
}

/** What one replica of a stream holds. */
export interface ReplicaContent {
  readonly log: string;
  readonly server: string;
  /** By position, ascending. */
  readonly messages: ReadonlyMap<number, StoredMsg>;
}

export interface ReadBack {
  /** The replicas of each stream, in the order in which they were read. */
  readonly replicas: readonly ReplicaContent[];
  /** Replicas that could not be read. */
  readonly notes: readonly string[];
}

/** @param streams by log. */
export async function readBack(
  engine: Engine,
  streams: ReadonlyMap<string, string>,
  recorder: Recorder,
  stop: AbortSignal,
): Promise<ReadBack> {
  const replicas: ReplicaContent[] = [];
  const notes: string[] = [];
  for (const [log, stream] of streams) {
    const read = new Set<string>();
    for (let i = 0; i < HAND_OVERS && read.size < REPLICAS; i++) {
      stop.throwIfAborted();
      const info = await engine.info(stream);
      const leader = info?.cluster?.leader;
      if (leader !== undefined && leader !== "" && !read.has(leader)) {
        const last = info?.state.last_seq ?? 0;
        const messages = await readReplica(engine, stream, leader, last);
        if (messages !== undefined) {
          read.add(leader);
          replicas.push({ log, server: leader, messages });
          for (const fact of heldFacts(log, leader, messages)) recorder.record(leader, fact);
        }
      }
      if (read.size < REPLICAS) await engine.stepDown(stream);
      await sleep(PAUSE_MS);
    }
    if (read.size < REPLICAS)
      notes.push(
        `of ${log} ${read.size} of ${REPLICAS} replicas could be read back (${[...read].join(", ")})`,
      );
  }
  return { replicas, notes };
}

/** All of it, if it could be read while that server led. */
async function readReplica(
  engine: Engine,
  stream: string,
  leader: string,
  last: number,
): Promise<Map<number, StoredMsg> | undefined> {
  const found = new Map<number, StoredMsg>();
  for (let from = 1; from <= last; from += AT_ONCE) {
    const positions = Array.from({ length: Math.min(AT_ONCE, last - from + 1) }, (_, i) => from + i);
    const read = await Promise.all(positions.map((position) => readPosition(engine, stream, position)));
    for (const [i, message] of read.entries()) {
      if (message === undefined) return undefined;
      if (message !== null) found.set(from + i, message);
    }
  }
  return (await engine.info(stream))?.cluster?.leader === leader ? found : undefined; // else whose content was it?
}

/** What stands there, null where nothing does, undefined where nobody answers. */
async function readPosition(
  engine: Engine,
  stream: string,
  position: number,
): Promise<StoredMsg | null | undefined> {
  for (let i = 0; i < ATTEMPTS; i++) {
    try {
      return await engine.manager.streams.getMessage(stream, { seq: position });
    } catch {
      await sleep(PAUSE_MS);
    }
  }
  return undefined;
}
