/**
 * The end of a channel at which messages go in: one line of senders for each handle, so that what one handle sends is kept in the
 * order in which it was sent.
 *
 * A message is published under its key as often as it takes, and is kept once. A sender is answered when its time is over: that the
 * message certainly is not kept, or that nobody knows. Room is looked for again and again: of two handles that wait for it, either
 * may find it first.
 */
import { type Host, type Json, type Micros, ms, type Timer } from "seedstorm";
import type { SendResult } from "../actors/channel-api.js";
import { Queue } from "../actors/queue.js";
import type { BrokerOutcome, PublishAck } from "../broker/api.js";
import type { Broker } from "../broker/client-api.js";
import type { BrokerChannelConfig } from "./config.js";
import { OPERATION, recordChannelCall } from "./facts.js";
import { GOALS } from "./goals.js";
import type { Opened } from "./opening.js";

/** Before a sender who waits looks again whether there is room. */
const LOOK_AGAIN: Micros = ms(60);
const RETRY: Micros = ms(200);

interface Sender {
  readonly message: Json;
  readonly key: string;
  readonly answer: (result: SendResult) => void;
  timer: Timer | undefined;
  isOver: boolean;
  isBeingAsked: boolean;
  /** Whether it may be kept by a request whose outcome nobody knows. */
  mayBeKept: boolean;
}

export class Inlet {
  readonly #host: Host;
  readonly #broker: Broker;
  readonly #subject: string;
  readonly #config: BrokerChannelConfig;
  readonly #opened: Promise<Opened>;
  readonly #line = new Queue<Sender>();
  #isAtWork = false;
  #closed = false;
  #sent = 0;

  constructor(
    host: Host,
    broker: Broker,
    subject: string,
    config: BrokerChannelConfig,
    opened: Promise<Opened>,
  ) {
    this.#host = host;
    this.#broker = broker;
    this.#subject = subject;
    this.#config = config;
    this.#opened = opened;
  }

  send(message: Json, key: string): Promise<SendResult> {
    const record = recordChannelCall(this.#host, OPERATION.send, key, {
      to: this.#subject,
      number: ++this.#sent,
    });
    return new Promise((resolve) => {
      const answer = (result: SendResult): void => {
        const phase = result.ok ? "ok" : result.error === "unknown" ? "info" : "fail";
        record(phase, result.ok ? { sequence: result.sequence } : { error: result.error });
        resolve(result);
      };
      if (this.#closed) {
        answer({ ok: false, error: "closed" });
        return;
      }
      const sender: Sender = {
        message,
        key,
        answer,
        timer: undefined,
        isOver: false,
        isBeingAsked: false,
        mayBeKept: false,
      };
      sender.timer = this.#host.after(this.#config.sendTimeout, () => {
        this.#host.reached(GOALS.sendTimedOut);
        this.#end(sender, { ok: false, error: "timed-out" });
      });
      this.#line.push(sender);
      if (!this.#isAtWork) void this.#work();
    });
  }

  /** Nothing more is sent. What is under way with the broker comes to its end. */
  close(): void {
    this.#closed = true;
    for (const sender of this.#line.drain()) this.#end(sender, { ok: false, error: "closed" });
  }

  /** Unless it was answered before. What may be kept is not said to be not. */
  #end(sender: Sender, result: SendResult): void {
    if (sender.isOver) return;
    sender.isOver = true;
    sender.timer?.cancel();
    const isOpen = sender.mayBeKept || sender.isBeingAsked;
    const isUnknown = !result.ok && isOpen && !this.#host.defect("channel-unknown-called-failed");
    if (isUnknown) this.#host.reached(GOALS.sendUnknown);
    sender.answer(isUnknown ? { ok: false, error: "unknown" } : result);
  }

  async #work(): Promise<void> {
    this.#isAtWork = true;
    const opened = await this.#opened;
    for (let sender = this.#line.shift(); sender !== undefined; sender = this.#line.shift()) {
      if (!opened.ok) this.#end(sender, { ok: false, error: "closed" });
      else if (this.#host.defect("channel-sends-overtake")) void this.#see(sender);
      else await this.#see(sender);
    }
    this.#isAtWork = false;
  }

  /** Publishes it until that has come out one way or the other, or its time is over. */
  async #see(sender: Sender): Promise<void> {
    while (!sender.isOver && !(this.#closed && !sender.mayBeKept)) {
      sender.isBeingAsked = true;
      const outcome = await this.#publish(sender);
      sender.isBeingAsked = false;
      switch (outcome.status) {
        case "ok":
          if (outcome.value.duplicate) this.#host.reached(GOALS.sentTwiceKeptOnce);
          this.#end(sender, { ok: true, sequence: outcome.value.sequence });
          return;
        case "refused":
          if (outcome.reason !== "stream-full") {
            this.#end(sender, { ok: false, error: "closed" });
            return;
          }
          if (!(await this.#foundFull(sender))) return;
          break;
        case "unknown":
          sender.mayBeKept = true;
          await this.#host.sleep(RETRY);
          break;
        case "unavailable":
          await this.#host.sleep(RETRY);
      }
    }
    this.#end(sender, { ok: false, error: "closed" });
  }

  #publish({ message, key }: Sender): Promise<BrokerOutcome<PublishAck>> {
    const data = { key, message };
    const id = this.#host.defect("channel-sends-without-id") ? {} : { messageId: key };
    return this.#broker.publish(this.#subject, data, id);
  }

  /** Whether to look again. */
  async #foundFull(sender: Sender): Promise<boolean> {
    const { whenFull } = this.#config;
    if (whenFull === "block" && !this.#host.defect("channel-block-refuses")) {
      this.#host.reached(GOALS.blocked);
      await this.#host.sleep(LOOK_AGAIN + this.#host.random.below(LOOK_AGAIN));
      return true;
    }
    this.#host.reached(whenFull === "error" ? GOALS.refused : GOALS.dropped);
    this.#end(sender, { ok: false, error: whenFull === "error" ? "full" : "dropped" });
    return false;
  }
}
