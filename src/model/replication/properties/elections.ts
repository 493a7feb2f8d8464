/**
 * Who may lead: one leader a term, one vote a term, and terms that never go back.
 *
 * Evidence are the roles that members take on and the votes that they made durable. A member that comes back with
 * an empty or damaged disk says so (`recovering`) and starts over as another identity, to which neither its old
 * term nor its old votes belong. Not verified: votes that were given and never written down, which show as a second
 * leader.
 */
import type { EventOf } from "seedstorm";
import { ensure, type Property, when, where, whole } from "seedstorm/check";
import type { DurableEvent } from "./committed.js";
import { memberOf, storeOfEvent } from "./stores.js";

type StateEvent = EventOf<"state">;

export const electionSafety: Property = {
  id: "raft-election-safety",
  kind: "always",
  sentence: "A group has at most one leader in a term.",
  subscribes: ["state"],
  start(context) {
    /** By group and term. */
    const leaders = new Map<string, StateEvent>();
    return {
      on(event) {
        if (event.kind !== "state" || event.entity !== "raft" || event.to !== "leader") return;
        const { group, host } = memberOf(event.name);
        const term = whole(event.detail, "term") ?? 0;
        const subject = `${group} in term ${term}`;
        const first = leaders.get(subject);
        context.checked();
        if (first === undefined) {
          leaders.set(subject, event);
          return;
        }
        const before = memberOf(first.name).host;
        const who =
          before === host ? `${host} became leader twice` : `${before} and ${host} both became leader`;
        context.violated(subject, `${who} of ${subject}: ${when(first)} and ${when(event)}.`, [first, event]);
      },
    };
  },
};

export const voteOnce: Property = {
  id: "raft-vote-once",
  kind: "always",
  sentence: "A member votes for at most one candidate in a term, across restarts too.",
  subscribes: ["durable", "state"],
  start(context) {
    const store = context.view(storeOfEvent);
    /** By member and term. */
    const votes = new Map<string, Map<number, DurableEvent>>();
    return {
      on(event) {
        if (event.kind === "state") {
          if (event.entity === "raft" && event.to === "recovering") votes.delete(event.name);
          return;
        }
        if (event.kind !== "durable") return;
        const { of, group, host, member } = store.name;
        const candidate = event.writes[0]?.value;
        if (of !== "vote" || typeof candidate !== "string") return;
        const own = ensure(votes, member, newVotes);
        const first = own.get(event.txn);
        context.checked();
        if (first === undefined) {
          own.set(event.txn, event);
          return;
        }
        const before = first.writes[0]?.value;
        if (before === candidate) return;
        context.violated(
          `${host} in term ${event.txn} of ${group}`,
          `${host} voted for ${String(before)} ${when(first)} and for ${candidate} ${when(event)}, both in term ${event.txn} of ${group}.`,
          [first, event],
        );
      },
    };
  },
};

const newVotes = (): Map<number, DurableEvent> => new Map();

interface Term {
  readonly term: number;
  readonly event: StateEvent | DurableEvent;
}

export const termMonotone: Property = {
  id: "raft-term-monotone",
  kind: "always",
  sentence:
    "A member's term never goes back; what it made durable, and a term that it led in, survive restarts.",
  subscribes: ["state", "durable", "host"],
  start(context) {
    const store = context.view(storeOfEvent);
    /** By member: the newest term that it made durable. */
    const durable = new Map<string, Term>();
    /** By member: the newest term that it led in. */
    const led = new Map<string, Term>();
    /** By member: the newest term of its present life. Nobody hears of it before it is durable: a crash may take it. */
    const living = new Map<string, Term>();
    const membersOf = new Map<string, Set<string>>();

    function seen(member: string, known: Term | undefined, term: number, event: Term["event"]): void {
      if (known === undefined) return;
      context.checked();
      if (term >= known.term) return;
      context.violated(
        member,
        `The term of ${member} went back from ${known.term} ${when(known.event)} to ${term} ${where(event)}.`,
        [known.event, event],
      );
    }

    function changed(event: StateEvent): void {
      const { name } = event;
      if (event.to === "recovering") for (const terms of [durable, led, living]) terms.delete(name);
      const term = whole(event.detail, "term");
      if (term === undefined) return;
      seen(name, living.get(name), term, event);
      seen(name, durable.get(name), term, event);
      seen(name, led.get(name), term, event);
      living.set(name, { term, event });
      if (event.to === "leader") led.set(name, { term, event });
      ensure(membersOf, event.host, newMembers).add(name);
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          const { of, member } = store.name;
          if (of !== "vote") return;
          seen(member, durable.get(member), event.txn, event);
          durable.set(member, { term: event.txn, event });
        } else if (event.kind === "state") {
          if (event.entity === "raft") changed(event);
        } else if (event.kind === "host" && event.phase === "boot") {
          for (const member of membersOf.get(event.host) ?? []) living.delete(member);
        }
      },
    };
  },
};

const newMembers = (): Set<string> => new Set();
