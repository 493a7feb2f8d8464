/**
 * A worker: takes jobs in, keeps them in a channel, and has them done by consumers that borrow actors of an elastic pool.
 *
 * The channel and the breaker belong to the host, so that what is in them outlives every actor; pool and consumers are children of
 * one supervisor, which is started anew after a pause when it has given up. A job is acknowledged once its outcome is known.
 */
import type { Host, Micros } from "seedstorm";
import type { ActorContext, ActorRef } from "../actors/actor.js";
import { Actors } from "../actors/actors.js";
import { CircuitBreaker } from "../actors/breaker.js";
import { MemoryChannel } from "../actors/channel.js";
import type { Delivery } from "../actors/channel-api.js";
import { DeadLetterBox } from "../actors/dead-letters.js";
import { ElasticPool } from "../actors/pool.js";
import type { Pool } from "../actors/pool-api.js";
import { RegistryAgent } from "../actors/registry/agent.js";
import type { Child } from "../actors/supervision.js";
import { TreeSupervisor } from "../actors/supervisor.js";
import {
  BREAKER,
  CHANNEL,
  CONSUMERS,
  JOB_TIMEOUT,
  POOL,
  RESTART_PAUSE,
  ROOT_INTENSITY,
  registryConfig,
  SERVICE,
} from "./config.js";
import { jobActor, type WorkResult } from "./job-actor.js";
import { type Job, type JobResult, KILL, RETIRE, SUBMIT, type Target } from "./wire.js";

type JobActor = ActorRef<Job, WorkResult>;
type Consumer = ActorRef<never, never, "next">;

/** Before a job that was not done is given back, at most. */
const LONGEST_PAUSE: Micros = 600_000;
const UNDONE: WorkResult = { status: "undone", retryAfter: 100_000 };
const SELF_CHECK: Micros = 500_000;
/** How long a retired instance stays away. */
const AWAY: Micros = 4_000_000;
const KILLED = { kind: "killed", by: "a troublemaker" } as const;

/** A job that somebody waits for. */
interface Awaited {
  readonly result: Promise<JobResult>;
  resolve(result: JobResult): void;
}

export class Worker {
  readonly #host: Host;
  readonly #actors: Actors;
  readonly #breaker: CircuitBreaker;
  readonly #channel: MemoryChannel<Job>;
  readonly #agent: RegistryAgent;
  readonly #awaited = new Map<string, Awaited>();
  /** What each consumer has or had its last job done by. */
  readonly #busy = new Map<string, JobActor>();
  #pool: Child<Pool<Job, WorkResult>> | undefined = undefined;
  #consumers: readonly Child<Consumer>[] = [];
  #instance = "";
  #instances = 0;

  constructor(host: Host, registries: readonly string[]) {
    this.#host = host;
    this.#actors = new Actors(host);
    this.#breaker = new CircuitBreaker(host, BREAKER);
    const box = new DeadLetterBox<Job>(host, `${CHANNEL.name}-dead`);
    this.#channel = new MemoryChannel<Job>(host, CHANNEL, (letter) => {
      this.#settle(letter.message, { status: "given-up" });
      return box.accept(letter);
    });
    this.#agent = new RegistryAgent(host, registryConfig(registries));
  }

  start(): void {
    this.#startTree();
    this.#host.onRequest(SUBMIT, (job) => this.#submit(job));
    this.#host.onRequest(KILL, ({ target, pick }) => {
      this.#kill(target, pick);
      return "ok";
    });
    this.#host.onRequest(RETIRE, () => {
      void this.#retire();
      return "ok";
    });
    this.#register();
    void this.#checkItself();
  }

  #startTree(): void {
    const root = new TreeSupervisor(this.#actors, {
      name: "root",
      strategy: "rest-for-one",
      intensity: ROOT_INTENSITY,
    });
    this.#pool = root.start({ id: "pool", restart: "permanent", start: () => this.#startPool() });
    this.#consumers = Array.from({ length: CONSUMERS }, (_, i) =>
      root.start({ id: `consumer-${i + 1}`, restart: "permanent", start: () => this.#startConsumer() }),
    );
    root.monitor(() => this.#host.after(RESTART_PAUSE, () => this.#startTree()));
  }

  #startPool(): Pool<Job, WorkResult> {
    return new ElasticPool<Job, WorkResult>(this.#actors, POOL, (context) =>
      jobActor(context, this.#breaker),
    );
  }

  #startConsumer(): Consumer {
    const consumer: Consumer = this.#actors.spawn<never, never, "next">("consumer", (context) => ({
      onCast: async () => {
        const received = await context.whileAlive(this.#channel.receive(context.id, consumer));
        if (received.ok) await this.#work(received.delivery, context, consumer);
        consumer.cast("next");
      },
    }));
    consumer.cast("next");
    return consumer;
  }

  /** Has a job done, or gives it back after a while. */
  async #work(delivery: Delivery<Job>, context: ActorContext, consumer: Consumer): Promise<void> {
    const result = await this.#done(delivery.message, context, consumer);
    if (result.status === "undone") {
      await context.host.sleep(Math.min(result.retryAfter, LONGEST_PAUSE));
      await context.whileAlive(delivery.nack());
      return;
    }
    this.#settle(delivery.message, { status: result.status });
    await context.whileAlive(delivery.ack());
  }

  async #done(job: Job, context: ActorContext, consumer: Consumer): Promise<WorkResult> {
    const pool = this.#pool?.current;
    if (pool === undefined) return UNDONE;
    const checkout = await context.whileAlive(pool.checkout({ holder: consumer }));
    if (!checkout.ok) return UNDONE;
    const { lease } = checkout;
    this.#busy.set(context.id, lease.actor);
    const result = await context.whileAlive(lease.actor.call(job, JOB_TIMEOUT));
    if (result.ok || !this.#host.defect("actor-kept-after-failure")) lease.checkin();
    return result.ok ? result.value : UNDONE;
  }

  /** A repeated request waits for the same outcome. */
  async #submit(job: Job): Promise<JobResult> {
    const known = this.#awaited.get(job.id);
    if (known !== undefined) return known.result;
    let resolve = (_: JobResult): void => {};
    const result = new Promise<JobResult>((settled) => {
      resolve = settled;
    });
    this.#awaited.set(job.id, { result, resolve });
    const sent = await this.#channel.send(job, job.id);
    if (!sent.ok) this.#settle(job, { status: "refused", reason: sent.error });
    return result;
  }

  #settle(job: Job, result: JobResult): void {
    this.#awaited.get(job.id)?.resolve(result);
  }

  #register(): void {
    const { id, incarnation } = this.#host;
    this.#instance = `${SERVICE}@${id}#${incarnation}.${++this.#instances}`;
    this.#agent.register({
      service: SERVICE,
      instance: this.#instance,
      host: id,
      version: "1.0.0",
      capabilities: { grade: id.endsWith("1") ? "fine" : "plain" },
      weight: 1,
    });
  }

  async #retire(): Promise<void> {
    await this.#agent.deregister(this.#instance);
    await this.#host.sleep(AWAY);
    this.#register();
  }

  async #checkItself(): Promise<void> {
    for (;;) {
      await this.#host.sleep(SELF_CHECK);
      this.#agent.setHealth(this.#instance, this.#breaker.state === "closed" ? "healthy" : "degraded");
    }
  }

  #kill(target: Target, pick: number): void {
    switch (target) {
      case "job-actor": {
        const actors = [...this.#busy.values()].filter(({ alive }) => alive);
        actors[pick % actors.length]?.exit(KILLED);
        return;
      }
      case "consumer":
        this.#consumers[pick % CONSUMERS]?.current?.exit(KILLED);
        return;
      case "pool":
        this.#pool?.current?.exit(KILLED);
        return;
      case "many":
        for (let i = 0; i <= POOL.intensity.maxRestarts; i++) void this.#killNext();
    }
  }

  async #killNext(): Promise<void> {
    const checkout = await this.#pool?.current?.checkout();
    if (checkout?.ok !== true) return;
    checkout.lease.actor.exit(KILLED);
    checkout.lease.checkin();
  }
}
