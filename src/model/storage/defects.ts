/** The planted defects of the transactional store: protections that can be switched off where each of them stands. */
import type { CataloguedDefect } from "seedstorm";

export const storageDefects: readonly CataloguedDefect[] = [
  {
    id: "store-reads-not-validated",
    breaks: "A transaction commits though a key that it read was changed since.",
    caughtBy: ["store-serializable", "store-strict-serializable"],
    origin: "classic",
    incident: {
      what: "PostgreSQL misses a conflict between transactions that read what the other writes",
      by: "Kyle Kingsbury, Jepsen",
      year: 2020,
      url: "https://jepsen.io/analyses/postgresql-12.3",
    },
  },
  {
    id: "store-scans-not-validated",
    breaks: "A transaction commits though a range that it scanned has got another entry since.",
    caughtBy: ["store-serializable"],
    origin: "classic",
    incident: {
      what: "CockroachDB lets two transactions insert what each other's scan should have seen",
      by: "Kyle Kingsbury, Jepsen",
      year: 2017,
      url: "https://jepsen.io/analyses/cockroachdb-beta-20160829",
    },
  },
  {
    id: "store-due-not-validated",
    breaks: "An entry that was found due may be taken by somebody else before the commit.",
    caughtBy: ["due-receipt-collected-once", "store-serializable"],
    origin: "classic",
    incident: {
      what: "Two workers take the same task in two transactions, and both execute it",
      by: "Apache DolphinScheduler issue 4405",
      year: 2021,
      url: "https://github.com/apache/dolphinscheduler/issues/4405",
    },
  },
  {
    id: "store-answers-before-sync",
    breaks: "A commit is answered while it is in the page cache only.",
    caughtBy: ["store-commit-durable", "store-strict-serializable"],
    origin: "classic",
    incident: {
      what: "HBase acknowledges edits that HDFS has flushed to memory and not to disk",
      by: "HBASE-5954",
      year: 2012,
      url: "https://issues.apache.org/jira/browse/HBASE-5954",
    },
  },
  {
    id: "store-single-copy",
    breaks: "Records stand once on the disk, and one bad sector is the end of the store.",
    caughtBy: ["store-recovers", "store-commit-durable"],
    origin: "classic",
    incident: {
      what: "Stores that could recover from one corrupted block crash or lose data instead",
      by: "Aishwarya Ganesan and others, FAST",
      year: 2017,
      url: "https://www.usenix.org/conference/fast17/technical-sessions/presentation/ganesan",
    },
  },
];
