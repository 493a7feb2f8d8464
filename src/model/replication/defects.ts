/**
 * The planted defects of replication: protections that can be switched off one at a time, where each of them stands.
 *
 * Some wait for a rare constellation, and storms are built so that it is not rare: a forgotten vote needs two candidates in one
 * term and a restart between their requests, a lost acknowledgement the loss of power everywhere or one after the
 * other, bad content a disk that rots while nobody looks. What a snapshot, a session or a read has wrong shows in the log
 * of who installs it, or one floor higher: in what the resources' clients are answered.
 */
import type { CataloguedDefect } from "seedstorm";

/** What is committed can be lost, and is replaced by something else. */
const COMMITTED_LOST = ["raft-commit-held", "raft-leader-completeness", "raft-state-machine-safety"];

export const replicationDefects: readonly CataloguedDefect[] = [
  {
    id: "GW10",
    breaks: "A member that lost its content votes and acknowledges as if it still had it.",
    caughtBy: ["raft-term-monotone", ...COMMITTED_LOST, "replicas-hold-the-same-records"],
    origin: "weakness",
    incident: {
      what: "A replica that lost its log in a crash comes back as in sync, and leads",
      by: "Kafka KIP-966",
      year: 2023,
      url: "https://cwiki.apache.org/confluence/display/KAFKA/KIP-966%3A+Eligible+Leader+Replicas",
    },
  },
  {
    id: "vote-not-persisted",
    breaks: "A member that restarts votes again in a term in which it has voted.",
    caughtBy: ["raft-vote-once", "raft-election-safety"],
    origin: "classic",
    incident: {
      what: "A candidate's vote for itself is not saved, and two can lead one term",
      by: "NebulaGraph pull request 3415",
      year: 2021,
      url: "https://github.com/vesoft-inc/nebula/pull/3415",
    },
  },
  {
    id: "vote-written-after-its-term",
    breaks: "A vote counts as given when its term is on the disk; the vote itself is written after that.",
    caughtBy: ["raft-vote-once", "raft-election-safety"],
    origin: "classic",
    incident: {
      what: "Term and vote are saved by two writes, and after a crash between them a member votes twice",
      by: "hashicorp/raft issue 661",
      year: 2025,
      url: "https://github.com/hashicorp/raft/issues/661",
    },
  },
  {
    id: "term-not-persisted",
    breaks: "A member that restarts falls back to an older term.",
    caughtBy: ["raft-term-monotone", "raft-vote-once", "raft-election-safety"],
    origin: "classic",
    incident: {
      what: "A term that was entered is not written down, and a restart falls back",
      by: "raft-java issue 57",
      year: 2025,
      url: "https://github.com/wenweihu86/raft-java/issues/57",
    },
  },
  {
    id: "epoch-reused-after-restart",
    breaks: "A candidate that has voted for itself before stands again in the same term, and leads it twice.",
    caughtBy: ["raft-election-safety"],
    origin: "classic",
    incident: {
      what: "After restarts a new leader's epoch is one that was given before",
      by: "StarRocks pull request 12138",
      year: 2022,
      url: "https://github.com/StarRocks/starrocks/pull/12138",
    },
  },
  {
    id: "election-without-up-to-date-check",
    breaks: "A candidate gets votes of members that have more in their logs than itself.",
    caughtBy: COMMITTED_LOST,
    origin: "classic",
    incident: {
      what: "A stale copy is promoted by itself, and acknowledged documents are lost",
      by: "Elasticsearch issue 14671",
      year: 2015,
      url: "https://github.com/elastic/elasticsearch/issues/14671",
    },
  },
  {
    id: "commit-older-term-by-counting",
    breaks: "An entry of an older term counts as committed as soon as a majority has it.",
    caughtBy: [...COMMITTED_LOST, "raft-commit-monotone"],
    origin: "classic",
    incident: {
      what: "Figure 8: an entry of an older term is on a majority and is overwritten all the same",
      by: "Diego Ongaro and John Ousterhout, USENIX ATC",
      year: 2014,
      url: "https://www.usenix.org/conference/atc14/technical-sessions/presentation/ongaro",
    },
  },
  {
    id: "truncate-on-stale-append",
    breaks: "A follower cuts its log behind every message, also behind one that comes late.",
    caughtBy: COMMITTED_LOST,
    origin: "classic",
    incident: {
      what: "A follower takes an append that it can't check for a conflict and deletes committed entries",
      by: "OpenRaft issue 511",
      year: 2022,
      url: "https://github.com/databendlabs/openraft/issues/511",
    },
  },
  {
    id: "deposed-leader-goes-on-writing",
    breaks: "A leader ignores that there is a later term, and its followers go on taking its entries.",
    caughtBy: COMMITTED_LOST,
    origin: "classic",
    incident: {
      what: "A leader that steps down still appends, in the term of its successor",
      by: "Camunda Zeebe issue 5360",
      year: 2020,
      url: "https://github.com/camunda/camunda/issues/5360",
    },
  },
  {
    id: "membership-two-majorities",
    breaks: "The group's members change again before the change before is committed.",
    caughtBy: [...COMMITTED_LOST, "raft-one-change-at-a-time"],
    origin: "classic",
    incident: {
      what: "Single-server membership changes in a row can make two majorities",
      by: "Diego Ongaro, raft-dev",
      year: 2015,
      url: "https://groups.google.com/g/raft-dev/c/t4xj6dJTP6E",
    },
  },
  {
    id: "handover-never-called-off",
    breaks:
      "A leader that has asked another one to take over refuses all requests until somebody does, however long that is.",
    caughtBy: [
      "requests-get-answers",
      "every-webhook-is-answered",
      "every-record-is-acked",
      "lease-is-taken-up",
      "upkeep-follows-the-cursor",
    ],
    origin: "classic",
    incident: {
      what: "A leader whose call to its successor failed serves nothing until somebody is elected",
      by: "OpenRaft issue 2088",
      year: 2026,
      url: "https://github.com/databendlabs/openraft/issues/2088",
    },
  },
  {
    id: "read-from-cut-off-leader",
    breaks: "A leader answers reads without making sure that it still leads.",
    caughtBy: ["lin-queue"],
    origin: "classic",
    incident: {
      what: "etcd and Consul read from a leader that is cut off and doesn't know it",
      by: "Kyle Kingsbury, Jepsen",
      year: 2014,
      url: "https://aphyr.com/posts/316-jepsen-etcd-and-consul",
    },
  },
  {
    id: "dedupe-read-from-stale-follower",
    breaks:
      "A repeated request is looked for in the copy that it reaches and nowhere else: one that lags doesn't know it.",
    caughtBy: ["lin-idempotency", "lin-queue", "lin-checkpoint"],
    origin: "classic",
    incident: {
      what: "MongoDB reads from members that don't have yet what was acknowledged",
      by: "Kyle Kingsbury, Jepsen",
      year: 2015,
      url: "https://aphyr.com/posts/322-jepsen-mongodb-stale-reads",
    },
  },
  {
    id: "snapshot-without-last-term",
    breaks: "A snapshot doesn't tell the term of its last entry, and who installs it doesn't know it either.",
    caughtBy: ["raft-log-matching"],
    origin: "classic",
    incident: {
      what: "After a snapshot the last term counts as zero, and elections are lost",
      by: "Redis Raft library pull request 2",
      year: 2021,
      url: "https://github.com/RedisLabs/raft/pull/2",
    },
  },
  {
    id: "snapshot-with-first-members",
    breaks: "A snapshot says that the members are those of the beginning, whoever they are by then.",
    caughtBy: ["raft-members-are-as-configured"],
    origin: "classic",
    incident: {
      what: "Members are known from the log alone, and a snapshot after which it is cut knows nothing of them",
      by: "moby/swarmkit pull request 238",
      year: 2016,
      url: "https://github.com/moby/swarmkit/pull/238",
    },
  },
  {
    id: "ack-before-fsync",
    breaks: "Entries are acknowledged while they are in the page cache only.",
    caughtBy: COMMITTED_LOST,
    origin: "classic",
    incident: {
      what: "NATS 2.12.1 acknowledges at once and syncs every two minutes",
      by: "Kyle Kingsbury, Jepsen",
      year: 2025,
      url: "https://jepsen.io/analyses/nats-2.12.1",
    },
  },
  {
    id: "ack-unsynced-after-fsync-failure",
    breaks: "An fsync that failed is taken for one that succeeded.",
    caughtBy: COMMITTED_LOST,
    origin: "classic",
    incident: {
      what: "PostgreSQL asks again after a failed fsync, is told that all is well, and has lost the pages",
      by: "Jonathan Corbet, LWN",
      year: 2018,
      url: "https://lwn.net/Articles/752063/",
    },
  },
  {
    id: "checksum-not-verified",
    breaks: "What the disk gives back is taken for what was written.",
    caughtBy: ["raft-state-machine-safety"],
    origin: "classic",
    incident: {
      what: "Replicated stores spread one member's corrupted log to all or throw it away",
      by: "Ramnatthan Alagappan and others, FAST",
      year: 2018,
      url: "https://www.usenix.org/conference/fast18/presentation/alagappan",
    },
  },
];
