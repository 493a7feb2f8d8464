/**
 * A cluster: primary of some grains, mirror of the others.
 *
 * For each grain it either has an activation, which takes writes and hands them to the producer, or a
 * consumer, which keeps the replica up to date. Which of the two, the directory says; it is looked up all the
 * time, and a grain that stands there for this cluster without being active (after a restart, after a
 * promotion that broke off) is activated under a new epoch. The first cluster of the topology is home: it
 * registers what nobody has.
 *
 * Before a grain is active here, its epoch is closed to all others at the log, and its state is read from
 * there: what was acknowledged to anybody stands in it.
 */
import { type Host, TIMED_OUT } from "seedstorm";
import { Activation } from "./activation.js";
import { Consumer } from "./consumer.js";
import { FailoverManager } from "./failover.js";
import { GOALS } from "./goals.js";
import { fold, UNWRITTEN } from "./grain.js";
import type { MirrorKnobs } from "./knobs.js";
import { Producer } from "./producer.js";
import { ReplicaStore } from "./replica-store.js";
import {
  CLAIM,
  DEREGISTER,
  LOOKUP,
  OPEN,
  type OpenReply,
  PING,
  type Placement,
  READ_REPLICA,
  RETIRE,
  type ReadReply,
  SHUTDOWN_SIGNAL,
  SNAPSHOT,
  WRITE,
  type WriteReply,
  type WriteRequest,
} from "./wire.js";

/** Where the parts of the mirror stand: ids of hosts. */
export interface Sites {
  readonly log: string;
  readonly directory: string;
  /** The cluster that registers grains. */
  readonly home: string;
}

/** How often a granted epoch is tried at the log before the next look at the directory. */
const OPEN_ATTEMPTS = 3;

interface Running {
  readonly consumer: Consumer;
  readonly done: Promise<void>;
  /** It was told to stop. */
  stopping: boolean;
}

export class Cluster {
  readonly #host: Host;
  readonly #knobs: MirrorKnobs;
  readonly #sites: Sites;
  readonly #grains: readonly string[];
  readonly #store: ReplicaStore;
  readonly #producer: Producer;
  readonly #failover: FailoverManager;
  readonly #activations = new Map<string, Activation>();
  readonly #consumers = new Map<string, Running>();
  /** Grains that are being activated. */
  readonly #activating = new Set<string>();
  #placements: readonly Placement[] = [];
  #lookingUp = false;
  /** An operator has shut the consumers down. */
  #suspended = false;
  #lastSignal = 0;

  constructor(host: Host, knobs: MirrorKnobs, sites: Sites, grains: readonly string[]) {
    this.#host = host;
    this.#knobs = knobs;
    this.#sites = sites;
    this.#grains = grains;
    this.#store = new ReplicaStore(host, knobs);
    this.#producer = new Producer(host, knobs, sites.log, (activation) => this.#deactivate(activation));
    this.#failover = new FailoverManager(host, knobs, (primary) => this.#takeOver(primary));
  }

  async start(): Promise<void> {
    const host = this.#host;
    await this.#store.open();
    host.onRequest(PING, () => null);
    host.onRequest(WRITE, (request) => this.#write(request));
    host.onRequest(READ_REPLICA, ({ grain }) => this.#read(grain));
    host.onRequest(RETIRE, ({ grain }) => this.#retire(grain));
    host.onRequest(SHUTDOWN_SIGNAL, ({ value, number }) => this.#signal(value, number));
    for (const grain of this.#grains) this.#mirror(grain);
    for (;;) {
      void this.#lookUp();
      this.#failover.check(this.#otherPrimaries());
      await host.sleep(this.#knobs.checkInterval);
    }
  }

  async #write({ grain, field, value }: WriteRequest): Promise<WriteReply> {
    const activation = this.#activations.get(grain);
    if (activation === undefined || !activation.open) return { status: "refused", reason: "not-primary" };
    const entry = activation.handle(field, value, this.#host.clock.now());
    const reply = await this.#producer.offer(activation, entry);
    if (reply.status === "ok" && activation.promoted) this.#host.reached(GOALS.writtenAfterPromotion);
    return reply;
  }

  async #read(grain: string): Promise<ReadReply> {
    // Timers that came due while this host stood still come first: one of them may end the freshness.
    await this.#host.sleep(0);
    if (this.#activations.has(grain)) return { status: "refused", reason: "not-a-replica" };
    const fresh = this.#store.isFresh(grain);
    const { sequence, fields } = this.#store.state(grain);
    this.#host.record({
      kind: "state",
      entity: "replica-read",
      name: `${grain}@${this.#host.id}`,
      from: "asked",
      to: fresh ? "fresh" : "stale",
      detail: { sequence },
    });
    this.#host.reached(fresh ? GOALS.freshRead : GOALS.staleRead);
    return fresh ? { status: "ok", sequence, fields } : { status: "refused", reason: "stale" };
  }

  /** Everything handled is brought into the log, then the grain is taken out of the directory. */
  async #retire(grain: string): Promise<{ status: "done" | "refused" }> {
    const activation = this.#activations.get(grain);
    if (activation === undefined || !activation.open) return { status: "refused" };
    activation.open = false;
    await this.#producer.drained(activation);
    if (this.#activations.get(grain) !== activation) return { status: "refused" };
    const { directory } = this.#sites;
    const request = { grain, epoch: activation.epoch };
    const reply = await this.#host.request(DEREGISTER, directory, request, this.#knobs.controlTimeout);
    this.#deactivate(activation);
    return { status: reply !== TIMED_OUT && reply.status === "done" ? "done" : "refused" };
  }

  #signal(value: boolean, number: number): null {
    if (number <= this.#lastSignal) return null;
    this.#lastSignal = number;
    const resumes = this.#suspended && !value;
    this.#suspended = value;
    for (const running of this.#consumers.values()) {
      if (running.stopping) continue;
      running.stopping = value;
      running.consumer.signal(value);
    }
    if (resumes) for (const grain of this.#grains) this.#mirror(grain);
    return null;
  }

  /** Sees to it that a consumer runs for a grain that is not active here. */
  #mirror(grain: string): void {
    if (this.#suspended || this.#activations.has(grain)) return;
    const running = this.#consumers.get(grain);
    if (running !== undefined) {
      if (running.stopping) void running.done.then(() => this.#mirror(grain));
      return;
    }
    const consumer = new Consumer(this.#host, this.#knobs, this.#sites.log, grain, this.#store);
    const done = consumer.run().then(() => {
      this.#consumers.delete(grain);
    });
    this.#consumers.set(grain, { consumer, done, stopping: false });
  }

  async #stopMirror(grain: string): Promise<void> {
    const running = this.#consumers.get(grain);
    if (running === undefined) return;
    if (!running.stopping) {
      running.stopping = true;
      running.consumer.signal(true);
    }
    await running.done;
  }

  #otherPrimaries(): Set<string> {
    const primaries = new Set<string>();
    for (const { cluster } of this.#placements) if (cluster !== this.#host.id) primaries.add(cluster);
    return primaries;
  }

  /** Brings what is active here into line with the directory. */
  async #lookUp(): Promise<void> {
    if (this.#lookingUp) return;
    this.#lookingUp = true;
    const { directory } = this.#sites;
    const asked = new Set(this.#activations.values());
    const placements = await this.#host.request(LOOKUP, directory, null, this.#knobs.controlTimeout);
    this.#lookingUp = false;
    if (placements === TIMED_OUT) return;
    this.#placements = placements;
    for (const grain of this.#grains) this.#align(grain, placementOf(placements, grain), asked);
  }

  /** @param asked what was active when the directory was asked: an answer does not speak of what came later. */
  #align(grain: string, placement: Placement | undefined, asked: ReadonlySet<Activation>): void {
    const { id } = this.#host;
    const activation = this.#activations.get(grain);
    if (activation !== undefined) {
      // Another cluster has taken the grain over, and may have had it taken out again since.
      const isOver =
        placement === undefined
          ? activation.open && asked.has(activation)
          : placement.epoch > activation.epoch;
      if (isOver) this.#deactivate(activation);
    } else if (placement === undefined) {
      if (id === this.#sites.home) void this.#activate(grain, 0, false);
    } else if (placement.cluster === id) {
      void this.#activate(grain, placement.epoch, false);
    }
  }

  async #takeOver(primary: string): Promise<boolean> {
    const lost = this.#placements.filter(({ cluster }) => cluster === primary);
    const taken = await Promise.all(lost.map(({ grain, epoch }) => this.#activate(grain, epoch, true)));
    return taken.includes(true);
  }

  /** @param expected the epoch that the directory has for the grain; 0 when it has none. */
  async #activate(grain: string, expected: number, promoted: boolean): Promise<boolean> {
    if (this.#activating.has(grain) || this.#activations.has(grain)) return false;
    this.#activating.add(grain);
    const activated = await this.#claimAndOpen(grain, expected, promoted);
    this.#activating.delete(grain);
    return activated;
  }

  async #claimAndOpen(grain: string, expected: number, promoted: boolean): Promise<boolean> {
    const { controlTimeout, entries, fullStateEvery } = this.#knobs;
    const { log, directory } = this.#sites;
    const host = this.#host;
    // Who can't reach the log would take the grain from others and be of no use to anybody.
    if ((await host.request(SNAPSHOT, log, { grain }, controlTimeout)) === TIMED_OUT) return false;
    const claim = { grain, cluster: host.id, expected };
    const claimed = await host.request(CLAIM, directory, claim, controlTimeout);
    if (claimed === TIMED_OUT || claimed.status !== "granted") return false;
    const { epoch } = claimed;
    const opened = await this.#open(grain, epoch);
    if (opened === undefined) return false;
    await this.#stopMirror(grain);
    const replica = this.#store.state(grain);
    const state = host.defect("RW9") ? replica : fold(UNWRITTEN, opened.chain);
    if (promoted) {
      host.reached(GOALS.promoted);
      if (state.sequence > replica.sequence) host.reached(GOALS.caughtUp);
    }
    const interval = entries === "mixed" ? fullStateEvery : 1;
    const activation = new Activation(grain, epoch, promoted, host.id, state, host.clock.now(), interval);
    activation.resequence(opened.latest);
    this.#activations.set(grain, activation);
    this.#recordActive(activation, "replica", "primary");
    // The new epoch shows in the log at once, with a state that changes can follow.
    void this.#producer.offer(activation, activation.fullState());
    return true;
  }

  /** Closes the grain to older epochs at the log; undefined when that failed. */
  async #open(grain: string, epoch: number): Promise<Extract<OpenReply, { status: "opened" }> | undefined> {
    const { controlTimeout } = this.#knobs;
    for (let attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
      const reply = await this.#host.request(OPEN, this.#sites.log, { grain, epoch }, controlTimeout);
      if (reply === TIMED_OUT) continue;
      if (reply.status === "opened") return reply;
      if (reply.status === "fenced") return undefined;
      await this.#host.sleep(controlTimeout);
    }
    return undefined;
  }

  #deactivate(activation: Activation): void {
    const { grain } = activation;
    activation.open = false;
    if (this.#activations.get(grain) === activation) {
      this.#activations.delete(grain);
      this.#recordActive(activation, "primary", "replica");
    }
    this.#producer.drop(activation);
    this.#mirror(grain);
  }

  #recordActive({ grain, epoch, state }: Activation, from: string, to: string): void {
    const name = `${grain}@${this.#host.id}`;
    const detail = { epoch, sequence: state.sequence };
    this.#host.record({ kind: "state", entity: "grain", name, from, to, detail });
  }
}

function placementOf(placements: readonly Placement[], grain: string): Placement | undefined {
  return placements.find((placement) => placement.grain === grain);
}
