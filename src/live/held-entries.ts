/**
 * What a replica of a stream holds, as facts: each entry at its position, as something that the replica applied there, so that
 * replicas are compared as replicated machines are.
 *
 * An entry that one replica holds at two positions, though it was taken in once, is a finding of its own. It is recorded as such and
 * left out of that comparison: replicas that hold the same entries in the same order do not differ in what was committed, though
 * one of them may hold some twice.
 */
import { whole } from "../check/json.js";
import { ensure } from "../check/maps.js";
import type { Violation } from "../check/property.js";
import { sha256 } from "../sim/digest.js";
import type { EventOf, Fact, HistoryEvent } from "../sim/history.js";

/** The id under which a drill reports that a replica holds something twice. */
export const HELD_TWICE = "engine-holds-entries-once";

/** A message as a server stores it. */
export interface StoredEntry {
  readonly subject: string;
  /** When a leader took it in, to the nanosecond: the same content with the same stamp was taken in once. */
  readonly timestamp: string;
  string(): string;
}

/** The entity under which what is held again is recorded, by the name of its log. */
const REPEATED = "repeated-entry";

/** @param entries by position, ascending. */
export function heldFacts(log: string, server: string, entries: ReadonlyMap<number, StoredEntry>): Fact[] {
  const facts: Fact[] = [];
  const first = new Map<string, number>();
  let again = 0;
  for (const [position, entry] of entries) {
    const content = sha256(`${entry.subject} ${entry.string()}`);
    const taken = `${content} ${entry.timestamp}`;
    const before = first.get(taken);
    if (before === undefined) {
      first.set(taken, position);
      const writes = [{ key: "entry", value: content }];
      const store = `stream/${log}@${server}`;
      facts.push({ kind: "durable", store, txn: position - again, writes });
    } else {
      again += 1;
      const detail = { position, before };
      facts.push({ kind: "state", entity: REPEATED, name: log, from: "", to: "found", detail });
    }
  }
  return facts;
}

/** One violation for each replica that holds something twice. */
export function heldTwice(events: readonly HistoryEvent[]): Violation[] {
  const replicas = new Map<string, EventOf<"state">[]>();
  for (const event of events)
    if (event.kind === "state" && event.entity === REPEATED)
      ensure(replicas, `${event.name} on ${event.host}`, () => []).push(event);
  return [...replicas].flatMap(([replica, repeats]) => {
    const [first] = repeats;
    return first === undefined ? [] : [violation(replica, first, repeats.length)];
  });
}

function violation(replica: string, { id, at, detail }: EventOf<"state">, count: number): Violation {
  const [position, before] = [whole(detail, "position") ?? 0, whole(detail, "before") ?? 0];
  const more = count === 1 ? "" : `; it is the first of ${count} such entries`;
  const message = `The replica of ${replica} holds at position ${position} what it holds at ${before}, with the same stamp${more}.`;
  return { property: HELD_TWICE, at, message, evidence: [id] };
}
