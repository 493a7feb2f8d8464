/** Planted defects of the checkpoints: what a pointer promises, and what a restore believes. */
import type { CataloguedDefect } from "seedstorm";

export const checkpointDefects: readonly CataloguedDefect[] = [
  {
    id: "GW7",
    breaks: "The checkpoint's pointer is moved to an object that only one provider holds.",
    caughtBy: ["checkpoints-are-sound"],
    origin: "weakness",
    incident: {
      what: "Kafka 0.8 lets the in-sync replicas shrink to one, and loses what only that one had",
      by: "Kyle Kingsbury, Jepsen",
      year: 2013,
      url: "https://aphyr.com/posts/293-jepsen-kafka",
    },
  },
  {
    id: "pointer-before-object",
    breaks: "The checkpoint's pointer is moved before any store has the object.",
    caughtBy: ["checkpoints-are-sound"],
    origin: "classic",
    incident: {
      what: "An Iceberg table's metadata points to a manifest list that is not there",
      by: "Trino issue 14104",
      year: 2022,
      url: "https://github.com/trinodb/trino/issues/14104",
    },
  },
  {
    id: "torn-checkpoint-accepted",
    breaks: "An upload that broke off counts as done, and the pointer is moved to half an object.",
    caughtBy: ["checkpoints-are-sound"],
    origin: "classic",
    incident: {
      what: "NATS 2.12.1 goes on with data files that were truncated, and loses writes",
      by: "Kyle Kingsbury, Jepsen",
      year: 2025,
      url: "https://jepsen.io/analyses/nats-2.12.1",
    },
  },
  {
    id: "hash-not-verified",
    breaks: "A restore takes whatever bytes an object store gives.",
    caughtBy: ["checkpoints-are-sound"],
    origin: "classic",
    incident: {
      what: "S3 was down for eight hours by one flipped bit in messages without a checksum",
      by: "Amazon, S3 availability event of July 20",
      year: 2008,
      url: "https://status.aws.amazon.com/s3-20080720.html",
    },
  },
  {
    id: "checkpoint-ahead-of-effects",
    breaks: "A checkpoint counts records as done that are only appended.",
    caughtBy: ["checkpoint-behind-cursor"],
    origin: "classic",
    incident: {
      what: "etcd 3.5 stored the applied index before what it stands for was applied",
      by: "etcd maintainers, data inconsistency post-mortem",
      year: 2022,
      url: "https://github.com/etcd-io/etcd/blob/main/Documentation/postmortems/v3.5-data-inconsistency.md",
    },
  },
  {
    id: "checkpoint-regression",
    breaks: "A checkpoint of an older state replaces a newer one.",
    caughtBy: ["checkpoint-behind-cursor"],
    origin: "classic",
    incident: {
      what: "A coordinator that loads its groups keeps older offsets in place of newer ones",
      by: "KAFKA-5600",
      year: 2017,
      url: "https://issues.apache.org/jira/browse/KAFKA-5600",
    },
  },
  {
    id: "cas-on-stale-version",
    breaks: "A save on a stale version overwrites the newer pointer.",
    caughtBy: ["checkpoints-are-sound"],
    origin: "classic",
    incident: {
      what: "VoltDB 6.3 reads stale values and loses updates that were made on them",
      by: "Kyle Kingsbury, Jepsen",
      year: 2016,
      url: "https://jepsen.io/analyses/voltdb-6-3",
    },
  },
];
