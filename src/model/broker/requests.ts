/**
 * How a client gets an answer: it finds the leader of what it asks about, follows redirects, and asks again under the same
 * session until it has one or its time is over.
 */
import { type Host, type Micros, ms, seconds, TIMED_OUT } from "seedstorm";
import type { Session } from "../replication/machine.js";
import type { BrokerOutcome } from "./api.js";
import type { BrokerClientOptions } from "./client-api.js";
import type { BrokerResult, ClientCommand } from "./commands.js";
import {
  BROKER,
  type BrokerQuestion,
  type BrokerRead,
  type BrokerReadValue,
  type BrokerReply,
} from "./protocol.js";

const TIMEOUT: Micros = seconds(5);
const ATTEMPT_TIMEOUT: Micros = seconds(1);
const BACKOFF_FIRST = ms(50);
const BACKOFF_LAST = ms(800);
/** So many redirects in a row are followed at once; then the next broker of the round is asked, after a while. */
const REDIRECTS_AT_ONCE = 2;

/** What a command came to, and the stream that it was about. */
export interface Committed {
  readonly result: BrokerResult & { readonly ok: true };
  readonly stream: string;
}

type Answered = Extract<BrokerReply, { readonly status: "done" | "read" | "unavailable" | "unknown" }>;

export class Requests {
  readonly #host: Host;
  readonly #brokers: readonly string[];
  readonly #timeout: Micros;
  readonly #attemptTimeout: Micros;
  readonly #client: string;
  /** Who led last, by stream or subject. */
  readonly #leaders = new Map<string, string>();
  /** Sequences of commands that have no outcome yet, in ascending order. */
  readonly #open = new Set<number>();
  #sequence = 0;

  constructor(host: Host, client: string, options: BrokerClientOptions) {
    this.#host = host;
    this.#client = client;
    this.#brokers = options.brokers;
    this.#timeout = options.timeout ?? TIMEOUT;
    this.#attemptTimeout = options.attemptTimeout ?? ATTEMPT_TIMEOUT;
  }

  /** @param wait how long the broker may wait before it answers. */
  async command(about: string, command: ClientCommand, wait: Micros = 0): Promise<BrokerOutcome<Committed>> {
    this.#sequence++;
    const sequence = this.#sequence;
    this.#open.add(sequence);
    const [answeredBelow = sequence] = this.#open;
    const session: Session = { client: this.#client, sequence, answeredBelow };
    const reply = await this.#ask(about, { kind: "command", command, session, wait }, wait);
    this.#open.delete(sequence);
    if (reply.status !== "done") return { status: reply.status === "unknown" ? "unknown" : "unavailable" };
    const { result, stream } = reply;
    if (!result.ok) return { status: "refused", reason: result.reason };
    return { status: "ok", value: { result, stream } };
  }

  async read<R extends BrokerRead>(read: R): Promise<BrokerOutcome<BrokerReadValue<R>>> {
    const wait = read.what === "messages" ? read.wait : 0;
    const reply = await this.#ask(read.stream, { kind: "read", read }, wait);
    if (reply.status === "read") return { status: "ok", value: reply.value as BrokerReadValue<R> }; // by the same table
    if (reply.status === "done" && !reply.result.ok)
      return { status: "refused", reason: reply.result.reason };
    return { status: "unavailable" };
  }

  async #ask(about: string, question: BrokerQuestion, wait: Micros): Promise<Answered> {
    const deadline = this.#host.clock.monotonic() + this.#timeout + wait;
    let probe = this.#brokers[0] ?? "";
    let target = this.#leaders.get(about) ?? probe;
    let backoff = BACKOFF_FIRST;
    let redirects = 0;
    let certainlyNot = true;
    for (;;) {
      const left = deadline - this.#host.clock.monotonic();
      if (left <= 0) {
        const isCertain = certainlyNot || this.#host.defect("broker-unknown-called-failed");
        return { status: isCertain ? "unavailable" : "unknown" };
      }
      const patience = Math.min(left, this.#attemptTimeout + wait);
      const reply = await this.#host.request(BROKER, target, question, patience);
      if (reply === TIMED_OUT) {
        certainlyNot = false;
        this.#leaders.delete(about);
        probe = this.#after(target);
        target = probe;
        continue;
      }
      switch (reply.status) {
        case "done":
        case "read":
          this.#leaders.set(about, target);
          return reply;
        case "redirect": {
          const { leader } = reply;
          redirects++;
          if (leader !== undefined && leader !== target && redirects <= REDIRECTS_AT_ONCE) {
            target = leader;
            continue;
          }
          probe = this.#after(probe);
          target = probe;
          break;
        }
        case "unknown":
          certainlyNot = false;
          probe = this.#after(probe);
          target = probe;
          break;
        case "unavailable":
          break;
      }
      redirects = 0;
      await this.#host.sleep(backoff + this.#host.random.below(backoff));
      backoff = Math.min(backoff * 2, BACKOFF_LAST);
    }
  }

  /** The broker to ask when this one is of no help. */
  #after(target: string): string {
    return this.#brokers[(this.#brokers.indexOf(target) + 1) % this.#brokers.length] ?? "";
  }
}
