/**
 * A runner node: what runs in which mode, how it drains, and what its operator may ask of it.
 *
 * In mode `saga` it consumes events, dispatches, schedules and replays; in mode `effect` it does effects; combined, all of
 * it. A drain ends readiness first, then acquires nothing more, finishes what is under way, flushes the outbox, and lets go
 * of its parts; what is not over by its time-out is given up and comes again elsewhere: nothing is acked or deleted for it.
 */
import { type Json, MILLISECOND, type Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import { type NodeContext, transact } from "./context.js";
import { EffectWorker } from "./effect-worker.js";
import { GOALS } from "./goals.js";
import { loadManifests, type Manifests, resolveSecret } from "./manifest.js";
import { Ownership } from "./ownership.js";
import { Placement } from "./placement.js";
import { quarantineGivenUp } from "./quarantine.js";
import { Relay } from "./relay.js";
import { Replayer, type ReplayRequest, requestReplay } from "./replay.js";
import { SagaWorker } from "./saga-worker.js";
import { Scheduler } from "./scheduler.js";
import { type Files, SettingsError } from "./settings.js";
import { ADVISORIES, advisoryConsumer } from "./topology.js";
import type { AdminReply, AdminRequest } from "./wire.js";

/** In the order in which a node passes through them. */
const PHASES = ["starting", "ready", "draining", "drained"] as const;
export type NodePhase = (typeof PHASES)[number];

/** Of the program, as `/info` has it. */
const VERSION = "1.0.0";

const LOOK: Micros = 100 * MILLISECOND;

export class RunnerNode {
  readonly #context: NodeContext;
  #manifests: Manifests;
  #phase: NodePhase = "starting";
  #wasIll = false;
  readonly #ownership: Ownership;
  readonly #sagas: SagaWorker;
  readonly #effects: EffectWorker;
  readonly #relay: Relay;
  readonly #scheduler: Scheduler;
  readonly #replayer: Replayer;
  readonly #placement: Placement;

  constructor(context: NodeContext, files: Files) {
    this.#context = context;
    this.#manifests = loadManifests(files, context.settings);
    const manifests = (): Manifests => this.#manifests;
    this.#ownership = new Ownership(context);
    const first = this.#manifests;
    const present = (): Manifests => (context.host.defect("reload-not-in-force") ? first : this.#manifests);
    this.#sagas = new SagaWorker(context, present);
    this.#effects = new EffectWorker(context, manifests);
    this.#relay = new Relay(context, this.#ownership);
    this.#scheduler = new Scheduler(context, this.#ownership);
    this.#replayer = new Replayer(context, this.#ownership, manifests);
    this.#placement = new Placement(context, (ranges) => this.#serve(ranges));
  }

  get phase(): NodePhase {
    return this.#phase;
  }

  start(): void {
    const { mode } = this.#context.settings;
    if (mode !== "effect") {
      void this.#ownership.run();
      void this.#relay.run();
      void this.#scheduler.run();
      void this.#replayer.run();
      void this.#watchAdvisories();
    }
    this.#placement.start();
    this.#become("ready");
  }

  async answer({ path, body }: AdminRequest): Promise<AdminReply> {
    switch (path) {
      case "/health":
        return this.#health();
      case "/ready":
        return this.#ready();
      case "/metrics":
        this.#relay.measure();
        return { status: 200, body: this.#context.meters.text() };
      case "/info":
        return { status: 200, body: this.#info() };
      case "/logs":
        return { status: 200, body: [...this.#context.log.lines] as unknown as Json }; // plain data
      case "/admin/drain":
        void this.drain();
        return { status: 202, body: { phase: this.#phase } };
      case "/admin/reload":
        return this.#reload(body as Files); // whoever reloads sends files
      case "/admin/replay":
        return requestReplay(this.#context, this.#manifests, body as unknown as ReplayRequest); // and who replays, requests
      case "/admin/start":
        return { status: 409, body: { reason: "it runs" } };
    }
  }

  async drain(): Promise<void> {
    if (this.#phase !== "ready") return;
    const { host, settings } = this.#context;
    this.#become("draining");
    const until = host.clock.monotonic() + settings.drainTimeout * MILLISECOND;
    this.#placement.stop();
    this.#sagas.stop();
    this.#effects.stop();
    this.#scheduler.stop();
    this.#replayer.stop();
    let isFlushed = false;
    while (!isFlushed && host.clock.monotonic() < until) {
      const isIdle = host.defect("drain-gives-up-early")
        ? this.#sagas.idle || this.#effects.idle
        : this.#sagas.idle && this.#effects.idle;
      isFlushed = isIdle && (await this.#relay.pass()) && this.#relay.depth === 0;
      if (!isFlushed) await host.sleep(LOOK);
    }
    if (!isFlushed) host.reached(GOALS.drainForced);
    this.#sagas.abandon();
    this.#effects.abandon();
    this.#relay.stop();
    await this.#ownership.release();
    this.#ownership.stop();
    host.reached(GOALS.drained);
    this.#become("drained");
  }

  #serve(ranges: ReadonlySet<number>): void {
    const { mode } = this.#context.settings;
    if (mode !== "effect") this.#sagas.serve(ranges);
    if (mode !== "saga") this.#effects.serve(ranges);
  }

  async #watchAdvisories(): Promise<void> {
    const { broker, host } = this.#context;
    while (this.#phase === "starting" || this.#phase === "ready") {
      const pulled = await broker.pull(ADVISORIES, advisoryConsumer(this.#context.settings), {
        batch: 4,
        wait: 5_000 * MILLISECOND,
      });
      if (pulled.status !== "ok") {
        await host.sleep(LOOK);
        continue;
      }
      for (const delivery of pulled.value) {
        const isDone = host.defect("NW7") || (await quarantineGivenUp(this.#context, delivery));
        if (isDone) await delivery.ack();
      }
    }
  }

  async #health(): Promise<AdminReply> {
    const { keys, host, broker, settings } = this.#context;
    const key = keys.health(host.id);
    const written = await transact(this.#context, async (transaction) => {
      if (host.defect("health-without-write")) await transaction.get(key);
      else transaction.put(key, host.clock.monotonic());
    });
    const reached = await broker.streamState(settings.streams.events);
    const storage = written.ok ? "writable" : written.error.reason;
    const stream = reached.status === "ok" ? "reachable" : reached.status;
    const isWell =
      written.ok && reached.status === "ok" && !(this.#wasIll && host.defect("health-stays-ill"));
    this.#wasIll ||= !isWell;
    host.reached(isWell ? GOALS.askedWhileWell : GOALS.askedWhileIll);
    return { status: isWell ? 200 : 503, body: { storage, stream } };
  }

  async #ready(): Promise<AdminReply> {
    const { status, body } = await this.#health();
    // it may have begun to drain meanwhile
    const phase = this.#phase;
    const isReady = phase === "ready" || this.#context.host.defect("ready-while-draining");
    return { status: isReady ? status : 503, body: { phase, health: body } };
  }

  #info(): Json {
    const { settings } = this.#context;
    return {
      version: VERSION,
      mode: settings.mode,
      shard: settings.shard,
      phase: this.#context.host.defect("info-of-the-start") ? "starting" : this.#phase,
      parts: this.#ownership.parts,
      streams: settings.streams,
      consumers: { prefix: settings.consumers.durablePrefix, group: settings.consumers.deliverGroup },
      sagas: this.#manifests.sagas.map(({ name }) => name),
      effects: [...this.#manifests.effects.keys()],
    };
  }

  /** All of the new manifests, or the old ones. */
  #reload(files: Files): AdminReply {
    const { host, settings, secrets } = this.#context;
    try {
      const manifests = loadManifests(files, settings);
      for (const effect of manifests.effects.values()) resolveSecret(secrets, effect);
      this.#manifests = manifests;
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      host.reached(GOALS.reloadRefused);
      return { status: 422, body: { reason: error.message } };
    }
    host.reached(GOALS.reloaded);
    host.record({ kind: "operator", operation: "reload", detail: this.#programs() });
    return { status: 200, body: {} };
  }

  #become(phase: NodePhase): void {
    invariant(
      phase === PHASES[PHASES.indexOf(this.#phase) + 1],
      "a node passes through its phases in their order",
    );
    const { host } = this.#context;
    const detail = phase === "ready" ? this.#programs() : {};
    host.record({ kind: "state", entity: "node", name: host.id, from: this.#phase, to: phase, detail });
    this.#phase = phase;
  }

  /** Which programs are in force, by their digests. */
  #programs(): { readonly programs: { readonly [name: string]: string } } {
    return { programs: Object.fromEntries(this.#manifests.digests) };
  }
}
