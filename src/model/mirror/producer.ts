/**
 * The producer of a primary: a bounded channel of what grains have handled, and a pump that appends it to the
 * log.
 *
 * Handing something in takes no time; when the channel is full, what waits of that grain is merged into its
 * newest state, which is enough because a complete state replaces all before it. The pump appends one entry
 * after the other and tries again until it is appended, or until the log says that another epoch has begun. A
 * sequence that is taken by somebody else's row is left to it: the grain goes on after it with a complete
 * state.
 */
import { type Host, ms, TIMED_OUT } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Activation } from "./activation.js";
import { GOALS } from "./goals.js";
import type { Entry } from "./grain.js";
import type { MirrorKnobs } from "./knobs.js";
import { APPEND, type WriteReply } from "./wire.js";

type Waiter = (reply: WriteReply) => void;

/** An entry in the channel, and who waits for it. */
interface Pending {
  readonly activation: Activation;
  readonly entry: Entry;
  readonly waiters: readonly Waiter[];
}

const UNKNOWN: WriteReply = { status: "unknown" };

export class Producer {
  readonly #host: Host;
  readonly #knobs: MirrorKnobs;
  readonly #log: string;
  readonly #onFenced: (activation: Activation) => void;
  /** The first one is being appended. */
  #channel: Pending[] = [];
  #pumping = false;
  #onIdle: (() => void)[] = [];

  /** @param onFenced the log refuses this activation's epoch. */
  constructor(host: Host, knobs: MirrorKnobs, log: string, onFenced: (activation: Activation) => void) {
    this.#host = host;
    this.#knobs = knobs;
    this.#log = log;
    this.#onFenced = onFenced;
  }

  /**
   * Resolves when the entry, or a later state of the grain, is in the log; or when that can't be known any
   * more.
   */
  offer(activation: Activation, entry: Entry): Promise<WriteReply> {
    this.#recordHandled(activation, entry);
    return new Promise((resolve) => {
      const pending: Pending = { activation, entry, waiters: [resolve] };
      if (this.#channel.length < this.#knobs.channelCapacity) this.#channel.push(pending);
      else if (this.#host.defect("RW5")) resolve(UNKNOWN);
      else this.#coalesce(pending);
      void this.#pump();
    });
  }

  /** Gives up whatever waits of an activation. */
  drop(activation: Activation): void {
    const dropped = this.#channel.filter((pending) => pending.activation === activation);
    if (dropped.length === 0) return;
    this.#channel = this.#channel.filter((pending) => pending.activation !== activation);
    for (const { waiters } of dropped) for (const resolve of waiters) resolve(UNKNOWN);
    this.#recordIdle();
  }

  /** Resolves when nothing waits of this activation. */
  async drained(activation: Activation): Promise<void> {
    while (this.#channel.some((pending) => pending.activation === activation)) {
      await new Promise<void>((resolve) => {
        this.#onIdle.push(resolve);
      });
    }
  }

  /** What waits of the grain becomes one complete state, behind whatever is being appended. */
  #coalesce(newest: Pending): void {
    const { activation } = newest;
    const merged: Waiter[] = [];
    const head = this.#channel[0];
    this.#channel = this.#channel.filter((pending) => {
      if (pending === head || pending.activation !== activation) return true;
      merged.push(...pending.waiters);
      return false;
    });
    merged.push(...newest.waiters);
    this.#channel.push({ activation, entry: activation.fullState(), waiters: merged });
    this.#host.reached(GOALS.coalesced);
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    let pause = this.#knobs.retryDelay;
    for (let head = this.#channel[0]; head !== undefined; head = this.#channel[0]) {
      if (this.#host.buggify("mirror/pump-dawdles")) await this.#host.sleep(ms(400));
      const reply = await this.#host.request(APPEND, this.#log, head.entry, this.#knobs.appendTimeout);
      if (this.#channel[0] !== head) continue; // dropped meanwhile
      if (reply !== TIMED_OUT && reply.status === "appended") {
        this.#appended(head);
        pause = this.#knobs.retryDelay;
      } else if (reply !== TIMED_OUT && reply.status === "fenced") {
        this.#onFenced(head.activation);
      } else if (reply !== TIMED_OUT && reply.status === "sequence-conflict") {
        this.#resequence(head, reply.latest);
      } else if (this.#host.defect("RW5")) {
        this.#finish(head, UNKNOWN);
      } else {
        this.#host.reached(GOALS.appendRetried);
        await this.#host.sleep(pause);
        pause = Math.min(pause * 2, this.#knobs.retryDelay * 8);
      }
    }
    this.#pumping = false;
  }

  #appended(head: Pending): void {
    const { grain, sequence } = head.entry;
    this.#host.record({
      kind: "publish-ack",
      stream: grain,
      group: "",
      sequence,
      key: `${grain}/${sequence}`,
      deliveryId: "",
      deliveryCount: 0,
      domain: "",
    });
    this.#finish(head, { status: "ok", sequence });
  }

  /** Everything that waits of the grain becomes one complete state with a sequence that is free. */
  #resequence(head: Pending, latest: number): void {
    const { activation } = head;
    this.#host.reached(GOALS.resequenced);
    activation.resequence(latest);
    const own = this.#channel.filter((pending) => pending.activation === activation);
    const others = this.#channel.filter((pending) => pending.activation !== activation);
    const waiters = own.flatMap((pending) => pending.waiters);
    const entry = activation.fullState();
    invariant(entry.sequence > latest, "a new sequence is behind the row that took the old one");
    this.#channel = [{ activation, entry, waiters }, ...others];
  }

  #finish(head: Pending, reply: WriteReply): void {
    const first = this.#channel.shift();
    invariant(first === head, "only what is being appended leaves the channel by it");
    for (const resolve of head.waiters) resolve(reply);
    this.#recordIdle();
  }

  #recordIdle(): void {
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }

  /** The state is handled: from here on it has to reach the log, unless this primary is lost. */
  #recordHandled(activation: Activation, { grain, sequence }: Entry): void {
    this.#host.record({
      kind: "publish",
      stream: grain,
      group: "",
      sequence,
      key: `${grain}/${sequence}`,
      deliveryId: String(activation.epoch),
      deliveryCount: 0,
      domain: "",
    });
  }
}
