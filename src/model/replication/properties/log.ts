/**
 * What members have in their logs: matching, completeness of later leaders, and commits that stay.
 *
 * Each member's durable log is followed entry by entry. Matching is checked as its induction step: wherever the
 * same index has the same term, the entry's content and the term before it are the same too. An entry is known as
 * committed from the leader's own advance; by Raft's rule the last entry of an advance is of the leader's term. Not
 * verified: entries that a member has from a snapshot, and what it held in memory only.
 */
import type { EventOf } from "seedstorm";
import { ensure, fields, type Property, when, where, whole } from "seedstorm/check";
import type { DurableEvent } from "./committed.js";
import { memberLogs } from "./member-logs.js";
import { memberOf, memberOfEvent, storeOfEvent } from "./stores.js";

type StateEvent = EventOf<"state">;

const newTerms = (): Map<number, Map<number, Entry>> => new Map();
const newEntries = (): Map<number, Entry> => new Map();

interface Entry {
  readonly digest: number | string | undefined;
  readonly termBefore: number | undefined;
  readonly event: DurableEvent;
}

const subjectOf = (group: string, index: number, term: number): string =>
  `entry ${index} of term ${term} in ${group}`;

export const logMatching: Property = {
  id: "raft-log-matching",
  kind: "always",
  sentence:
    "Entries of the same index and term are the same on every member, and so is everything before them.",
  subscribes: ["durable"],
  start(context) {
    const logs = context.view(memberLogs);
    const store = context.view(storeOfEvent);
    const groups = new Map<string, Map<number, Map<number, Entry>>>();

    function entry(
      group: string,
      member: string,
      index: number,
      term: number,
      value: object,
      event: DurableEvent,
    ): void {
      const terms = ensure(groups, group, newTerms);
      const entries = ensure(terms, term, newEntries);
      const digest = "digest" in value ? (value.digest as number | string) : undefined; // as the log wrote it
      const termBefore = index === 1 ? 0 : logs.termAt(member, index - 1);
      const first = entries.get(index);
      if (first === undefined) {
        entries.set(index, { digest, termBefore, event });
        return;
      }
      context.checked();
      if (first.digest !== digest) {
        const subject = subjectOf(group, index, term);
        context.violated(
          subject,
          `There are two contents of ${subject}: ${first.digest} ${where(first.event)} and ${digest} ${where(event)}.`,
          [first.event, event],
        );
      } else if (first.termBefore === undefined) {
        entries.set(index, { digest, termBefore, event: first.event });
      } else if (termBefore !== undefined && termBefore !== first.termBefore) {
        const subject = subjectOf(group, index, term);
        context.violated(
          subject,
          `Before ${subject} stands an entry of term ${first.termBefore} ${where(first.event)} but one of term ${termBefore} ${where(event)}.`,
          [first.event, event],
        );
      }
    }

    return {
      on(event) {
        if (event.kind !== "durable") return;
        const { of, group, member } = store.name;
        if (of !== "log") return;
        for (const { key, value } of event.writes) {
          const content = fields(value);
          const term = whole(value, "term");
          if (content !== undefined && term !== undefined)
            entry(group, member, Number(key), term, content, event);
        }
      },
    };
  },
};

interface Committed {
  readonly index: number;
  readonly term: number;
  readonly event: StateEvent;
}

export const leaderCompleteness: Property = {
  id: "raft-leader-completeness",
  kind: "always",
  sentence: "An entry that is committed is in the log of every leader of a later term.",
  subscribes: ["state"],
  start(context) {
    const logs = context.view(memberLogs);
    const named = context.view(memberOfEvent);
    /** By group: its commits in the order in which they became known, the highest last. */
    const commits = new Map<string, Committed>();
    const leaders = new Map<string, StateEvent[]>();

    function compare(group: string, committed: Committed, leader: StateEvent): void {
      const term = whole(leader.detail, "term") ?? 0;
      if (term <= committed.term) return;
      const lastIndex = whole(leader.detail, "lastIndex") ?? 0;
      const lastTerm = whole(leader.detail, "lastTerm") ?? 0;
      context.checked();
      const { host } = memberOf(leader.name);
      const subject = `${group} in term ${term}`;
      const was = `entry ${committed.index} of term ${committed.term} was committed ${where(committed.event)}`;
      const evidence = [committed.event, leader];
      if (lastIndex < committed.index || lastTerm < committed.term) {
        context.violated(
          subject,
          `${host} became leader of ${subject} ${when(leader)} with a log that ends at ${lastIndex} of term ${lastTerm}, but ${was}.`,
          evidence,
        );
        return;
      }
      const own = logs.termAt(leader.name, committed.index);
      if (own === undefined || own === committed.term) return;
      context.violated(
        subject,
        `${host} became leader of ${subject} ${when(leader)} with an entry ${committed.index} of term ${own}, but ${was}.`,
        evidence,
      );
    }

    return {
      on(event) {
        if (event.kind !== "state") return;
        const { group } = named.member;
        if (event.entity === "commit") {
          const committed = { index: Number(event.to), term: whole(event.detail, "term") ?? 0, event };
          const highest = commits.get(group);
          if (highest === undefined || committed.index > highest.index) commits.set(group, committed);
          // A leader of an older term may learn late that its entry had a quorum: later leaders must have it.
          const elected = leaders.get(group);
          for (let i = (elected?.length ?? 0) - 1; i >= 0; i--) {
            const leader = elected?.[i];
            if (leader === undefined || (whole(leader.detail, "term") ?? 0) <= committed.term) break;
            compare(group, committed, leader);
          }
        } else if (event.entity === "raft" && event.to === "leader") {
          const elected = leaders.get(group);
          if (elected === undefined) leaders.set(group, [event]);
          else elected.push(event);
          const highest = commits.get(group);
          if (highest !== undefined) compare(group, highest, event);
        }
      },
    };
  },
};

export const commitMonotone: Property = {
  id: "raft-commit-monotone",
  kind: "always",
  sentence:
    "A group's commit index never goes back: not on a leader, and not from one leader to a later one.",
  subscribes: ["state"],
  start(context) {
    const named = context.view(memberOfEvent);
    const highest = new Map<string, Committed>();
    const ofMember = new Map<string, Committed>();
    return {
      on(event) {
        if (event.kind !== "state" || event.entity !== "commit") return;
        const { group, host } = named.member;
        const committed = { index: Number(event.to), term: whole(event.detail, "term") ?? 0, event };
        const own = ofMember.get(event.name);
        const best = highest.get(group);
        ofMember.set(event.name, committed);
        if (best === undefined || committed.index > best.index) highest.set(group, committed);
        context.checked();
        if (own !== undefined && own.term === committed.term && committed.index <= own.index) {
          context.violated(
            event.name,
            `${host} committed up to ${own.index} of ${group} ${when(own.event)} and then up to ${committed.index} ${when(event)}, in the same term ${own.term}.`,
            [own.event, event],
          );
        } else if (best !== undefined && committed.term > best.term && committed.index <= best.index) {
          context.violated(
            group,
            `${host} committed up to ${committed.index} of ${group} in term ${committed.term} ${when(event)}, though ${best.index} was committed in term ${best.term} ${when(best.event)}.`,
            [best.event, event],
          );
        }
      },
    };
  },
};
