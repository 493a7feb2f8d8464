/**
 * How a client of replicated groups gets an answer: it finds the leader of what it asks about, follows redirects, goes round
 * the members, and asks again until it has an answer or its time is over.
 *
 * A command carries a session, so that asking again is safe: the group answers a repeat with what it answered before. It
 * comes out as `unavailable` only if certainly nothing was done, else as `unknown`. What is asked, and of which groups, is the
 * caller's.
 */
import { type Host, type Micros, ms, TIMED_OUT } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Elsewhere } from "./elsewhere.js";
import type { Session } from "./machine.js";
import { SilentMembers } from "./silent-members.js";

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
  /** Members that did not answer are asked last for a while. Default: each time in their turn. */
  readonly asksSilentLast?: boolean;
}

/** No member had an answer in time. */
export type Unanswered = { readonly status: "unavailable" } | { readonly status: "unknown" };

export interface Attempt {
  readonly member: string;
  /** From 1. */
  readonly number: number;
  /** How long the member may wait, so that its answer still comes in time. */
  readonly wait: Micros;
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
  readonly #silent = new SilentMembers();
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
    const wasOpen = this.#open.delete(sequence);
    invariant(wasOpen, "a command is closed once, after it was opened");
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
    const { timeout, attemptTimeout, round } = this.#options;
    const until = clock.monotonic() + timeout + wait;
    const leader = this.#leaderOf(about);
    const members = this.#round(leader);
    const [first = ""] = members;
    // Hints are followed for a while, but never instead of the round: they can be old and lead in a circle.
    let target = leader ?? first;
    let probe = round === "from-leader" ? target : first;
    let certainlyNot = true;
    let backoff = BACKOFF_FIRST;
    let redirects = 0;
    for (let number = 1; ; number++) {
      const left = until - clock.monotonic();
      if (left <= 0) return certainlyNot ? UNAVAILABLE : UNKNOWN;
      const attempt: Attempt = {
        member: target,
        number,
        wait: Math.max(0, Math.min(wait, left - attemptTimeout)),
        timeout: Math.min(left, attemptTimeout + wait),
      };
      const reply = await send(attempt);
      if (reply === TIMED_OUT) {
        certainlyNot = false;
        this.#leaders.delete(about);
        this.#silent.add(target, clock.monotonic());
        probe = after(members, round === "from-leader" ? probe : target);
        target = probe;
        continue;
      }
      this.#silent.delete(target);
      if (!isElsewhere(reply)) {
        this.#leaders.set(about, target);
        return reply;
      }
      switch (reply.status) {
        case "redirect": {
          const { leader: hint } = reply;
          redirects++;
          if (hint !== undefined && hint !== target && redirects <= REDIRECTS_AT_ONCE) {
            target = hint;
            continue;
          }
          probe = after(members, probe);
          target = probe;
          break;
        }
        case "unknown":
          certainlyNot = false;
          probe = after(members, probe);
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

  #leaderOf(about: string): string | undefined {
    const leader = this.#leaders.get(about);
    if (leader === undefined || !this.#options.asksSilentLast) return leader;
    return this.#silent.has(leader, this.#host.clock.monotonic()) ? undefined : leader;
  }

  /** All members, in the order in which they are asked where no hint helps. */
  #round(leader: string | undefined): readonly string[] {
    const { members, asksSilentLast } = this.#options;
    if (!asksSilentLast) return members;
    const start = leader === undefined ? 0 : Math.max(0, members.indexOf(leader));
    return this.#silent.last(
      [...members.slice(start), ...members.slice(0, start)],
      this.#host.clock.monotonic(),
    );
  }
}

/** The member to ask when this one is of no help. */
function after(members: readonly string[], member: string): string {
  return members[(members.indexOf(member) + 1) % members.length] ?? "";
}

function isElsewhere(reply: { readonly status: string }): reply is Elsewhere {
  return reply.status === "redirect" || reply.status === "unavailable" || reply.status === "unknown";
}
