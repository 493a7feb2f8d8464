/**
 * The moments of a replicated group that faults may be aimed at: elections, the first entries of a term, what
 * is durable on one disk and not yet on others, changes of members, snapshots. All are recognized by the
 * facts that replication records anyway.
 */
import { type HistoryEvent, type Json, type Moment, moment } from "seedstorm";

export const replicationMoments: readonly Moment[] = [
  moment("term-begun", "a member stands for election in a new term", (event) => roleTo(event, "candidate")),
  moment(
    "candidacy-durable",
    "a candidate has its vote for itself on its disk, and asks for those of others",
    (event) => (voteIn(event) === event.host ? event.host : undefined),
  ),
  moment("vote-granted", "a member has its vote for another one on its disk", (event) => {
    const vote = voteIn(event);
    return vote !== undefined && vote !== event.host ? event.host : undefined;
  }),
  moment("leader-elected", "a member has won an election", (event) => roleTo(event, "leader")),
  moment("leader-deposed", "a leader steps down", (event) =>
    event.kind === "state" && event.entity === "raft" && event.from === "leader" ? event.host : undefined,
  ),
  {
    id: "term-opened",
    when: "the first entry of a term is durable on the first member, which is nearly always its leader",
    watch: () => {
      const highest = new Map<string, number>();
      return (event) => {
        const group = groupOfLog(event);
        if (group === undefined || event.kind !== "durable") return undefined;
        const term = termOf(event.writes.at(-1)?.value);
        if (term <= (highest.get(group) ?? 0)) return undefined;
        highest.set(group, term);
        return event.host;
      };
    },
  },
  moment("entries-durable", "a member has new entries of the log on its disk", (event) =>
    groupOfLog(event) === undefined ? undefined : event.host,
  ),
  {
    id: "leader-durable",
    when: "a leader has new entries of the log on its own disk",
    watch: () => {
      const leaders = new Map<string, string>();
      return (event) => {
        if (event.kind === "state" && event.entity === "raft" && event.to === "leader")
          leaders.set(event.name.slice(0, event.name.indexOf("@")), event.host);
        const group = groupOfLog(event);
        return group !== undefined && leaders.get(group) === event.host ? event.host : undefined;
      };
    },
  },
  moment(
    "entries-committed",
    "a leader knows that entries are committed, and its followers do not",
    (event) => (event.kind === "state" && event.entity === "commit" ? event.host : undefined),
  ),
  moment("log-truncated", "a member has dropped entries that another leader overruled", (event) =>
    event.kind === "durable" && event.store.startsWith("raft/") && event.writes[0]?.key === "truncate"
      ? event.host
      : undefined,
  ),
  moment("members-changed", "a change of members is committed; often another one follows", (event) =>
    event.kind === "state" && event.entity === "membership" ? event.host : undefined,
  ),
  moment(
    "snapshot-installed",
    "a member has taken over the state of a snapshot that its leader sent",
    (event) => (event.kind === "durable" && event.writes[0]?.key === "snapshot" ? event.host : undefined),
  ),
  moment("identity-lost", "a member finds that its disk lost what it had promised", (event) =>
    roleTo(event, "recovering"),
  ),
  moment("member-recovered", "a member takes part again after a restart", (event) =>
    event.kind === "state" && event.entity === "raft" && event.from === "recovering" ? event.host : undefined,
  ),
];

function roleTo(event: HistoryEvent, role: string): string | undefined {
  return event.kind === "state" && event.entity === "raft" && event.to === role ? event.host : undefined;
}

/** Whom a member has voted for, as its disk has it from now on. */
function voteIn(event: HistoryEvent): string | undefined {
  if (event.kind !== "durable" || !event.store.startsWith("vote/")) return undefined;
  const vote = event.writes[0]?.value;
  return typeof vote === "string" ? vote : undefined;
}

/** The group whose log became durable further on a member; undefined for anything else. */
function groupOfLog(event: HistoryEvent): string | undefined {
  if (event.kind !== "durable" || !event.store.startsWith("raft/")) return undefined;
  return event.store.slice("raft/".length, event.store.indexOf("@"));
}

function termOf(value: Json | undefined): number {
  if (typeof value !== "object" || value === null || !("term" in value)) return 0;
  return typeof value.term === "number" ? value.term : 0;
}
