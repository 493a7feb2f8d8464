/** What replication tells the history about itself, beyond what storage and state machines record. */
import type { Host, Json } from "seedstorm";
import type { Configuration } from "./configuration.js";
import type { LogMark } from "./log.js";
import { idsOf } from "./membership.js";

/** What a member is at a time; `recovering` without an identity of its own. */
export type RaftRole =
  | "follower"
  | "pre-candidate"
  | "candidate"
  | "leader"
  | "learner"
  | "witness"
  | "recovering";

export function recordRole(
  host: Host,
  group: string,
  from: RaftRole,
  to: RaftRole,
  term: number,
  { index: lastIndex, term: lastTerm }: LogMark,
  commit: number,
): void {
  const detail = { term, lastIndex, lastTerm, commit };
  host.record({ kind: "state", entity: "raft", name: `${group}@${host.id}`, from, to, detail });
}

export function recordCommit(host: Host, group: string, from: number, to: number, term: number): void {
  host.record({
    kind: "state",
    entity: "commit",
    name: `${group}@${host.id}`,
    from: String(from),
    to: String(to),
    detail: { term },
  });
}

/** A configuration was committed at `index`, in an entry of `term`. */
export function recordMembership(
  host: Host,
  group: string,
  configuration: Configuration,
  index: number,
  term: number,
): void {
  const { generation } = configuration;
  host.record({
    kind: "state",
    entity: "membership",
    name: group,
    from: String(generation - 1),
    to: String(generation),
    detail: {
      index,
      term,
      voters: idsOf(configuration, "voter"),
      learners: idsOf(configuration, "learner"),
      witnesses: idsOf(configuration, "witness"),
    },
  });
}

/** Whether an entry changes the members, as a member's storage records what it wrote to its log. */
export function changesMembers(entry: Json): boolean {
  return typeof entry === "object" && entry !== null && "members" in entry && entry.members === true;
}
