/**
 * A resident worker: takes a block from the queue, runs it on its threads, hands in what came of it and acknowledges the block,
 * and so on until it is stopped. While it runs a block it says so again and again; a worker that is silent for too long has lost
 * its block to another. A block that comes back is not run when its result is there.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsMsg } from "@nats-io/jetstream";
import { runCampaign } from "../explore/campaign/campaign.js";
import { PoolUnusable, type Runner } from "../explore/runs/runner.js";
import { sentence } from "../explore/runs/sentence.js";
import type { StopSignal } from "../explore/runs/stop-signal.js";
import { type Connection, connectTo, reason } from "./clients.js";
import { type CodeIdentity, identityText } from "./code-identity.js";
import { type Block, type BlockResult, blockIn, helloIn, packed } from "./messages.js";
import {
  BLOCKS,
  codeOf,
  ensureConsumer,
  ensureStreams,
  HELLO,
  RESULTS,
  resultSubject,
  WRONG_LAST,
} from "./streams.js";

export interface WorkOptions {
  readonly url: string;
  readonly identity: CodeIdentity;
  /** Does the runs, and is left open. */
  readonly pool: Runner;
  /** How long a worker may be silent before its block goes to another. The first worker on a queue decides. */
  readonly patienceMs: number;
  readonly signal: StopSignal;
  readonly onNotice: (sentence: string) => void;
  /** Called when the queue is there and blocks are taken from it. */
  readonly onConnected?: () => void;
  /** Called when a block is over. */
  readonly onBlock?: (block: Block, result: BlockResult) => void;
}

/** How long the queue is asked for a block before it is asked again. */
const PULL_MS = 5_000;
const AGAIN_MS = 500;
/** How often a worker reports within the patience. */
const SIGNS_OF_LIFE = 4;
/** A block that was given away so often takes its workers with it. */
const MOST_DELIVERIES = 20;

/** Returns when it is stopped. @throws InputError where the queue can't be used, PoolUnusable where no thread can work. */
export async function work(options: WorkOptions): Promise<void> {
  const connection = await connectTo(options.url);
  try {
    await ensureStreams(connection.manager);
    answerHello(connection, options);
    const { name, patienceMs } = await ensureConsumer(
      connection.manager,
      options.identity.code,
      options.patienceMs,
    );
    const worker: Worker = { connection, options, patienceMs, said: "" };
    options.onConnected?.();
    while (!options.signal.aborted) {
      const message = await pull(worker, name);
      if (message !== undefined) await doBlock(worker, message);
    }
  } finally {
    await connection.connection.close();
  }
}

interface Worker {
  readonly connection: Connection;
  readonly options: WorkOptions;
  readonly patienceMs: number;
  /** Why the queue could not be asked when it was asked last; empty when it could. */
  said: string;
}

/** Says who is here, and to its own people which campaigns are not for it. */
function answerHello({ connection }: Connection, { identity, onNotice }: WorkOptions): void {
  const refused = new Set<string>();
  connection.subscribe(HELLO, {
    callback: (error, message) => {
      const asking = error === null ? helloIn(message.data) : undefined;
      if (asking === undefined) return;
      message.respond(packed(identity));
      const text = identityText(asking);
      if (asking.code === identity.code || refused.has(text)) return;
      refused.add(text);
      onNotice(`refused a campaign of ${text}: this worker is ${identityText(identity)}`);
    },
  });
}

/** The next block; undefined when there is none for now. */
async function pull(worker: Worker, name: string): Promise<JsMsg | undefined> {
  const { connection, options, patienceMs } = worker;
  try {
    const consumer = await connection.client.consumers.get(BLOCKS, name);
    const message = await consumer.next({ expires: PULL_MS });
    worker.said = "";
    return message ?? undefined;
  } catch (error) {
    if (options.signal.aborted) return undefined;
    if (worker.said !== reason(error)) {
      worker.said = reason(error);
      options.onNotice(`the queue can't be asked for a block: ${worker.said}; it is asked again`);
    }
    // The connection is gone, or whoever leads the stream: both come back. The consumer may be gone for good.
    await sleep(AGAIN_MS);
    await ensureConsumer(connection.manager, options.identity.code, patienceMs).catch(() => undefined);
    return undefined;
  }
}

async function doBlock(worker: Worker, message: JsMsg): Promise<void> {
  const { connection, options, patienceMs } = worker;
  const block = blockIn(message.data);
  if (block === undefined) {
    options.onNotice(`what is on the queue as ${message.subject} is no block, and was removed`);
    message.term();
    return;
  }
  const alive = setInterval(() => message.working(), patienceMs / SIGNS_OF_LIFE);
  try {
    const again = message.info.deliveryCount > 1;
    if (!(again && (await hasResult(connection, block)))) {
      const result =
        message.info.deliveryCount > MOST_DELIVERIES ? deadly(block) : await resultOf(block, options);
      // It was stopped in the middle: another worker takes the block at once.
      if (result === undefined || !(await handIn(worker, block, result))) return message.nak();
      options.onBlock?.(block, result);
    }
    await message.ackAck().catch(() => undefined); // then it comes once more, and is found to have its result
  } finally {
    clearInterval(alive);
  }
}

const deadly = ({ from, runs }: Block): BlockResult => ({
  kind: "unusable",
  message: `the block of runs ${from} to ${from + runs - 1} was given to ${MOST_DELIVERIES} workers, and none of them came back with it`,
});

async function hasResult({ manager }: Connection, block: Block): Promise<boolean> {
  try {
    return (await manager.streams.getMessage(RESULTS, { last_by_subj: resultSubject(block) })) !== null;
  } catch {
    return false; // then it is run once more, which changes nothing
  }
}

/** Undefined when it was stopped before the end. */
async function resultOf(block: Block, { pool, signal }: WorkOptions): Promise<BlockResult | undefined> {
  const { settings, shard, from, runs, failFast } = block;
  try {
    const result = await runCampaign({ pool, settings, shard, block: { from, runs }, failFast, signal });
    const hasFailed = failFast && Object.values(result.summary.scenarios).some(({ failed }) => failed > 0);
    if (!result.complete && !hasFailed) return undefined;
    return { kind: "done", done: result.done - from, summary: result.summary, notices: result.notices };
  } catch (error) {
    if (!(error instanceof PoolUnusable)) throw error;
    return { kind: "unusable", message: `a worker can't run it: ${sentence(error)}` };
  }
}

/** Until it is there: the first result of a block stands, and all of them are the same. False when it was stopped before. */
async function handIn({ connection, options }: Worker, block: Block, result: BlockResult): Promise<boolean> {
  const body = packed(result);
  for (;;) {
    try {
      await connection.client.publish(resultSubject(block), body, { expect: { lastSubjectSequence: 0 } });
      return true;
    } catch (error) {
      if (codeOf(error) === WRONG_LAST) return true;
      if (options.signal.aborted) return false;
      await sleep(AGAIN_MS);
    }
  }
}
