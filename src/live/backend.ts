/**
 * How much of the engine a drill's system uses. One backend is made here and fits every system whose replicas share logs: a
 * stream is the log, and the system brings all the rest. Others use more of the engine, promise what the engine promises, and
 * say which properties that is too weak for.
 */
import type { HistoryEvent } from "../sim/history.js";
import type { Plan } from "../sim/plan.js";
import { type Engine, logStream } from "./jetstream.js";
import type { Recorder, ReplicaContent } from "./read-back.js";

/** A promise of the engine that is weaker than a property asks for. */
export interface Weakness {
  readonly property: string;
  /** What is not promised, in a sentence. */
  readonly because: string;
}

export interface BackendContext {
  readonly engine: Engine;
  readonly plan: Plan;
  readonly stop: AbortSignal;
}

export interface Backend {
  readonly id: string;
  /** One sentence. */
  readonly title: string;
  /** Properties that a drill on it may find violated; everything else must hold. */
  readonly weaknesses: readonly Weakness[];
  /** Properties of what is not there with it: they are not judged. */
  readonly notJudged: readonly string[];
  /** What was committed is known only from what is read back in the end: a drill that broke off has nothing to judge. */
  readonly knownInTheEnd: boolean;
  /** Whether hosts go to a server elsewhere when theirs is silent. */
  readonly roams: boolean;
  /** By log: the stream that stands for it. It may have more than the system's logs. */
  streams(logs: readonly string[]): ReadonlyMap<string, string>;
  /** Creates all that is needed before processes start. */
  prepare(context: BackendContext, logs: readonly string[]): Promise<void>;
  /** What is not well besides streams, in a few words each. */
  unwell(engine: Engine, plan: Plan): Promise<readonly string[]>;
  /**
   * Records what the engine knows once everything has ended.
   *
   * @param timeOf when a stamp of a server was, in nanoseconds of the machine's monotonic clock.
   */
  recordState(
    context: BackendContext,
    replicas: readonly ReplicaContent[],
    recorder: Recorder,
    timeOf: (stamp: string) => bigint,
  ): Promise<void>;
  /** The history as properties read it, made of the facts that processes and `recordState` wrote down. */
  historyOf(events: readonly HistoryEvent[], plan: Plan): readonly HistoryEvent[];
}

/** Streams as logs: replicas apply them, and record what they applied. */
export const logBackend: Backend = {
  id: "jetstream-log",
  title: "streams are the replicated logs under the system's own replicas",
  weaknesses: [],
  notJudged: [],
  knownInTheEnd: false,
  roams: false,
  streams: (logs) => new Map(logs.map((log) => [log, logStream(log)])),
  async prepare({ engine, stop }, logs) {
    for (const log of logs) await engine.createLog(log, stop);
  },
  unwell: () => Promise.resolve([]),
  recordState: () => Promise.resolve(),
  historyOf: (events) => events,
};
