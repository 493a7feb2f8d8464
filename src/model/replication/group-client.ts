/**
 * How a client of replicated groups gets an answer: it finds the leader of what it asks about, follows redirects, goes round
 * the members, and asks again until it has an answer or its time is over.
 *
 * A command carries a session, so that asking again is safe: the group answers a repeat with what it answered before. It
 * comes out as `unavailable` only if certainly nothing was done, else as `unknown`. What is asked, and of which groups, is the
 * caller's.
 */
import { type Host, type Micros, ms, TIMED_OUT } from "seedstorm";
import type { Session } from "./machine.js";

const BACKOFF_FIRST = ms(50);
const BACKOFF_LAST = ms(800);
/** So many redirects in a row are followed at once; then the next member of the round is asked, after a while. */
const REDIRECTS_AT_ONCE = 2;

export interface GroupClientOptions {
  /** Ids of all hosts that have members, the nearest first. */
  readonly members: readonly string[];
  /** How long something is tried for. */
  readonly timeout: Micros;
  /** How long one member is waited for before another is asked. */
  readonly attemptTimeout: Micros;
  /**
   * The round that is gone where no hint helps. `from-leader` begins at the last known leader and goes on where it was,
   * whatever hints led to. `from-first` begins at the first member, and goes on behind each one that did not answer.
   */
  readonly round: "from-leader" | "from-first";
}

/** What a member answers when it does not have the answer itself. */
export type Elsewhere =
  | { readonly status: "redirect"; readonly leader: string | undefined }
  /** Not done, and not now. */
  | { readonly status: "unavailable" }
  /** Perhaps done. */
  | { readonly status: "unknown" };

/** No member had an answer in time. */
export type Unanswered = { readonly status: "unavailable" } | { readonly status: "unknown" };

export interface Attempt {
  readonly member: string;
  /** From 1. */
  readonly number: number;
  readonly timeout: Micros;
}

const UNAVAILABLE: Unanswered = { status: "unavailable" };
const UNKNOWN: Unanswered = { status: "unknown" };

export class GroupClient {
  readonly #host: Host;
  readonly #name: string;
  readonly #options: GroupClientOptions;
  /** Who led last, by what was asked about. */
  readonly #leaders = new Map<string, string>();
  /** Sequences of commands that have no outcome yet, in ascending order. */
  readonly #open = new Set<number>();
  #sequence = 0;

  /** @param name of the client in its sessions. */
  constructor(host: Host, name: string, options: GroupClientOptions) {
    this.#host = host;
    this.#name = name;
    this.#options = options;
  }

  /** For one command, which is open until it is closed. */
  open(): Session {
    this.#sequence++;
    const sequence = this.#sequence;
    this.#open.add(sequence);
    const [answeredBelow = sequence] = this.#open;
    return { client: this.#name, sequence, answeredBelow };
  }

  close({ sequence }: Session): void {
    this.#open.delete(sequence);
  }

  /**
   * Asks until there is an answer or the time is over.
   *
   * @param about has one leader at a time: a group, a stream.
   * @param wait how long a member may wait before it answers.
   * @param send asks one member.
   */
  async ask<A extends { readonly status: string }>(
    about: string,
    wait: Micros,
    send: (attempt: Attempt) => Promise<A | Elsewhere | typeof TIMED_OUT>,
  ): Promise<A | Unanswered> {
    const { clock } = this.#host;
    const { members, timeout, attemptTimeout, round } = this.#options;
    const until = clock.monotonic() + timeout + wait;
    const first = members[0] ?? "";
    // Hints are followed for a while, but never instead of the round: they can be old and lead in a circle.
    let target = this.#leaders.get(about) ?? first;
    let probe = round === "from-leader" ? target : first;
    let certainlyNot = true;
    let backoff = BACKOFF_FIRST;
    let redirects = 0;
    for (let number = 1; ; number++) {
      const left = until - clock.monotonic();
      if (left <= 0) return certainlyNot ? UNAVAILABLE : UNKNOWN;
      const reply = await send({ member: target, number, timeout: Math.min(left, attemptTimeout + wait) });
      if (reply === TIMED_OUT) {
        certainlyNot = false;
        this.#leaders.delete(about);
        probe = this.#after(round === "from-leader" ? probe : target);
        target = probe;
        continue;
      }
      if (!isElsewhere(reply)) {
        this.#leaders.set(about, target);
        return reply;
      }
      switch (reply.status) {
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

  /** The member to ask when this one is of no help. */
  #after(target: string): string {
    const { members } = this.#options;
    return members[(members.indexOf(target) + 1) % members.length] ?? "";
  }
}

function isElsewhere(reply: { readonly status: string }): reply is Elsewhere {
  return reply.status === "redirect" || reply.status === "unavailable" || reply.status === "unknown";
}
