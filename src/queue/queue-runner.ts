/**
 * Does the runs of a campaign by putting them on the queue, block by block, for workers on any machine: to the campaign it is one
 * more runner, so that what comes of blocks is added up, kept and resumed as what comes of threads is.
 *
 * A block is on the queue once, whoever puts it there how often, and its first result stands. What an earlier session of the same
 * campaign put there, and what came of it, is taken up. What nobody waits for any more is removed: blocks when it is closed,
 * results when the campaign is complete.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ConsumerMessages } from "@nats-io/jetstream";
import { PoolUnusable, type Runner } from "../explore/runs/runner.js";
import type { Task, TaskEnd } from "../explore/runs/task.js";
import { type Connection, connectTo, reason, withoutSecrets } from "./clients.js";
import { type CodeIdentity, identityText } from "./code-identity.js";
import { type BlockResult, helloIn, packed, resultIn } from "./messages.js";
import {
  BLOCKS,
  type BlockName,
  blockSubject,
  blocksIn,
  codeOf,
  ensureStreams,
  HELLO,
  RESULTS,
  resultSubject,
  resultsIn,
  SUBJECT_TAKEN,
} from "./streams.js";

export interface QueueOptions {
  /** `nats://host:4222`, or several with commas between them. */
  readonly url: string;
  /** The campaign's name on the queue. */
  readonly campaign: string;
  readonly identity: CodeIdentity;
  /** Runs of one block. */
  readonly blockRuns: number;
  /** Sentences for people: nobody is there to work, the queue is gone. */
  readonly onNotice: (sentence: string) => void;
  /** Milliseconds between two looks at who is there. */
  readonly lookMs?: number;
}

/** Blocks that are on the queue or with workers at once: more than there are workers. */
const MOST_BLOCKS = 256;
const LOOK_MS = 5_000;
/** How long workers have to say that they are there. */
const ANSWER_MS = 1_000;
const AGAIN_MS = 500;
/** So many looks in which nobody was there: then it is said. */
const PATIENT_LOOKS = 1;

export class QueueRunner implements Runner {
  readonly jobs = MOST_BLOCKS;
  readonly batchRuns: number;
  readonly #options: QueueOptions;
  readonly #connection: Connection;
  /** Who waits for the result with a subject. */
  readonly #waiting = new Map<string, (result: BlockResult | undefined) => void>();
  /** Results that nobody has asked for yet: those of an earlier session. */
  readonly #early = new Map<string, BlockResult>();
  #messages: ConsumerMessages | undefined;
  #closed = false;
  readonly #refused = new Set<string>();
  #looksAlone = 0;
  #lookTimer: NodeJS.Timeout | undefined;

  private constructor(options: QueueOptions, connection: Connection) {
    this.#options = options;
    this.#connection = connection;
    this.batchRuns = options.blockRuns;
  }

  /** @throws InputError where the queue can't be used. */
  static async open(options: QueueOptions): Promise<QueueRunner> {
    const connection = await connectTo(options.url);
    const runner = new QueueRunner(options, connection);
    try {
      await ensureStreams(connection.manager);
      await runner.#listen();
    } catch (error) {
      await connection.connection.close();
      throw error;
    }
    void runner.#watchConnection();
    void runner.#look();
    return runner;
  }

  async attempt(task: Task): Promise<TaskEnd> {
    if (task.kind !== "seeds") throw new PoolUnusable("the queue takes blocks of seeds alone");
    const { settings, shard, from, runs, failFast } = task;
    const { campaign, identity } = this.#options;
    const name: BlockName = { code: identity.code, campaign, from, runs };
    const subject = resultSubject(name);
    const result = await new Promise<BlockResult | undefined>((resolve) => {
      const early = this.#early.get(subject);
      this.#early.delete(subject);
      if (this.#closed || early !== undefined) {
        resolve(early);
        return;
      }
      this.#waiting.set(subject, resolve);
      void this.#put(blockSubject(name), packed({ campaign, settings, shard, from, runs, failFast }));
    });
    if (result === undefined) return { kind: "closed" };
    if (result.kind === "unusable") throw new PoolUnusable(result.message);
    const { done, summary, notices } = result;
    return { kind: "done", result: { kind: "seeds", done, summary, notices } };
  }

  /** Blocks that workers have begun are done to their end: the queue has no way to interrupt them. */
  stop(): void {}

  /** Removes the blocks that are left. Results stay, for whoever resumes the campaign. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#lookTimer);
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
    this.#messages?.stop();
    const { campaign, identity } = this.#options;
    await this.#purge(BLOCKS, blocksIn(identity.code, campaign));
    await this.#connection.connection.close();
  }

  /** The campaign is complete, and its results are kept elsewhere. */
  async forget(): Promise<void> {
    await this.#purge(RESULTS, resultsIn(this.#options.campaign));
  }

  async #purge(stream: string, filter: string): Promise<void> {
    try {
      await this.#connection.manager.streams.purge(stream, { filter });
    } catch (error) {
      this.#options.onNotice(
        `the queue could not be asked to remove what is left in ${stream}: ${reason(error)}`,
      );
    }
  }

  /** Puts a block there, for as long as it takes: what is there already stays as it is. */
  async #put(subject: string, body: Uint8Array): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#connection.client.publish(subject, body);
        return;
      } catch (error) {
        if (codeOf(error) === SUBJECT_TAKEN) return;
        await sleep(AGAIN_MS);
      }
    }
  }

  /** Takes results as they come; returns when those are known that an earlier session left there. */
  async #listen(): Promise<void> {
    const { messages, before } = await this.#results();
    await new Promise<void>((ready) => {
      if (before === 0) ready();
      void this.#follow(messages, before, ready);
    });
  }

  async #results(): Promise<{ readonly messages: ConsumerMessages; readonly before: number }> {
    const consumer = await this.#connection.client.consumers.get(RESULTS, {
      filter_subjects: [resultsIn(this.#options.campaign)],
    });
    const before = (await consumer.info()).num_pending;
    const messages = await consumer.consume();
    this.#messages = messages;
    return { messages, before };
  }

  /** For ever: whoever reads a stream may lose its place there, and then begins anew. */
  async #follow(messages: ConsumerMessages, before: number, ready: () => void): Promise<void> {
    let missing = before;
    let said = "";
    for (let now: ConsumerMessages | undefined = messages; !this.#closed; ) {
      try {
        now ??= (await this.#results()).messages;
        for await (const message of now) {
          said = "";
          this.#take(message.subject, message.data);
          missing--;
          if (missing === 0) ready();
        }
      } catch (error) {
        if (said !== reason(error)) {
          said = reason(error);
          this.#options.onNotice(`the queue can't be asked for results: ${said}; it is asked again`);
        }
      }
      now = undefined;
      if (!this.#closed) await sleep(AGAIN_MS);
    }
  }

  #take(subject: string, data: Uint8Array): void {
    const result = resultIn(data);
    if (result === undefined) {
      this.#options.onNotice(
        `what is on the queue as ${subject} is no result of a block, and was passed over`,
      );
      return;
    }
    const resolve = this.#waiting.get(subject);
    if (resolve === undefined) {
      this.#early.set(subject, result);
      return;
    }
    this.#waiting.delete(subject);
    resolve(result);
  }

  /** Asks who is there, says who can't help, and that nobody is there; again and again while blocks wait. */
  async #look(): Promise<void> {
    const { identity, onNotice, url, lookMs = LOOK_MS } = this.#options;
    let helpers = 0;
    try {
      const answers = await this.#connection.connection.requestMany(HELLO, packed(identity), {
        strategy: "timer",
        maxWait: ANSWER_MS,
      });
      for await (const { data } of answers) {
        const worker = helloIn(data);
        if (worker === undefined) continue;
        if (worker.code === identity.code) helpers++;
        else this.#refuse(worker);
      }
      this.#looksAlone = helpers > 0 || this.#waiting.size === 0 ? 0 : this.#looksAlone + 1;
    } catch {
      this.#looksAlone++; // nobody listens, or the connection is gone, which is said elsewhere
    }
    if (this.#closed) return;
    if (this.#looksAlone === PATIENT_LOOKS) {
      onNotice(
        `no worker of ${identityText(identity)} is there; the campaign waits for one: seedstorm work --queue ${withoutSecrets(url)}`,
      );
    }
    this.#lookTimer = setTimeout(() => void this.#look(), lookMs);
  }

  #refuse(worker: CodeIdentity): void {
    const text = identityText(worker);
    if (this.#refused.has(text)) return;
    this.#refused.add(text);
    this.#options.onNotice(
      `workers of ${text} take no block of this campaign, which is of ${identityText(this.#options.identity)}`,
    );
  }

  async #watchConnection(): Promise<void> {
    for await (const { type } of this.#connection.connection.status()) {
      if (this.#closed) return;
      if (type === "disconnect")
        this.#options.onNotice("the connection to the queue is gone; what is on it waits until it is back");
      if (type === "reconnect") this.#options.onNotice("the connection to the queue is back");
    }
  }
}
