/**
 * Reads every log back from each of its replicas, as each leads in turn. What a replica holds is recorded as what it applied at
 * each position, so that the property which compares replicated machines compares these, too: replicas that differ, or lack
 * what others hold, are a finding.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { sha256 } from "../sim/digest.js";
import type { Fact } from "../sim/history.js";
import { type Engine, REPLICAS } from "./jetstream.js";

/** Hand-overs that are asked for until each replica has led. */
const HAND_OVERS = 20;
const PAUSE_MS = 250;
/** Positions that are asked for at once. */
const AT_ONCE = 64;
/** A position is asked for so often before it is given up. */
const ATTEMPTS = 5;

export interface Recorder {
  record(host: string, fact: Fact): void;
}

/** Resolves to what is to be noted: replicas that could not be read. */
export async function readBack(
  engine: Engine,
  logs: readonly string[],
  recorder: Recorder,
  stop: AbortSignal,
): Promise<string[]> {
  const notes: string[] = [];
  for (const log of logs) {
    const read = new Set<string>();
    for (let i = 0; i < HAND_OVERS && read.size < REPLICAS; i++) {
      stop.throwIfAborted();
      const info = await engine.info(log);
      const leader = info?.cluster?.leader;
      if (leader !== undefined && leader !== "" && !read.has(leader)) {
        const last = info?.state.last_seq ?? 0;
        if (await readReplica(engine, log, leader, last, recorder)) read.add(leader);
      }
      if (read.size < REPLICAS) await engine.stepDown(log);
      await sleep(PAUSE_MS);
    }
    if (read.size < REPLICAS)
      notes.push(
        `of ${log} ${read.size} of ${REPLICAS} replicas could be read back (${[...read].join(", ")})`,
      );
  }
  return notes;
}

/** Whether all of it could be read while it led. */
async function readReplica(
  engine: Engine,
  log: string,
  leader: string,
  last: number,
  recorder: Recorder,
): Promise<boolean> {
  const found = new Map<number, string>();
  for (let from = 1; from <= last; from += AT_ONCE) {
    const positions = Array.from({ length: Math.min(AT_ONCE, last - from + 1) }, (_, i) => from + i);
    const read = await Promise.all(positions.map((position) => readPosition(engine, log, position)));
    for (const [i, content] of read.entries()) {
      if (content === undefined) return false;
      if (content !== NOTHING) found.set(from + i, content);
    }
  }
  if ((await engine.info(log))?.cluster?.leader !== leader) return false; // whose content was it?
  for (const [txn, content] of found) {
    const writes = [{ key: "entry", value: content }];
    recorder.record(leader, { kind: "durable", store: `stream/${log}@${leader}`, txn, writes });
  }
  return true;
}

const NOTHING = "";

/** The hash of what stands there, NOTHING where nothing does, undefined where nobody answers. */
async function readPosition(engine: Engine, log: string, position: number): Promise<string | undefined> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const found = await engine.read(log, position);
    if (found.status === "entry") return sha256(JSON.stringify(found.content));
    if (found.status === "end") return NOTHING;
    await sleep(PAUSE_MS);
  }
  return undefined;
}
