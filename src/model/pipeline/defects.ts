/**
 * The pipeline's planted defects: protections that can be switched off one at a time, where each of them stands.
 *
 * GW1 to GW9 are known weaknesses of the design as it is usually described; the others are classics of the trade.
 * Some need company to show: a stale ack needs a redelivery, a forged observation needs somebody who forges one.
 * GW10 belongs to the replication.
 */
import type { CataloguedDefect } from "seedstorm";
import { checkpointDefects } from "./checkpoint-defects.js";
import { deliveryDefects } from "./delivery-defects.js";

/** How webhooks become records, once each. */
const acceptanceDefects: readonly CataloguedDefect[] = [
  {
    id: "GW1",
    breaks:
      "Only two of the three replicas have a vote: with the provider of one of them lost nothing commits.",
    caughtBy: ["provider-loss-is-survived", "every-record-is-acked", "every-webhook-is-answered"],
    origin: "weakness",
    incident: {
      what: "A cluster of two can't do anything when one of them is gone",
      by: "eBay NuRaft issue 84",
      year: 2019,
      url: "https://github.com/eBay/NuRaft/issues/84",
    },
  },
  {
    id: "GW2",
    breaks: "A gateway that takes over a webhook appends it again under a producer key of its own.",
    caughtBy: ["one-record-per-key"],
    origin: "weakness",
    incident: {
      what: "A producer that sends again after a lost acknowledgement writes a duplicate",
      by: "Kafka KIP-98",
      year: 2016,
      url: "https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging",
    },
  },
  {
    id: "GW5",
    breaks: "Another payload under a known key is answered with the old offset.",
    caughtBy: ["one-record-per-key"],
    origin: "weakness",
    incident: {
      what: "Why a key that comes again with other parameters must be refused",
      by: "Brandur Leach, Stripe",
      year: 2017,
      url: "https://brandur.org/idempotency-keys",
    },
  },
  {
    id: "GW8",
    breaks: "Webhooks are accepted on the word of one disk, and a failover forgets them.",
    caughtBy: ["accepted-orders-stay-readable", "no-answer-before-commit"],
    origin: "weakness",
    incident: {
      what: "Writes that one coast had accepted were not on the other when it took over",
      by: "GitHub, October 21 post-incident analysis",
      year: 2018,
      url: "https://github.blog/2018-10-30-oct21-post-incident-analysis/",
    },
  },
  {
    id: "publish-before-commit",
    breaks: "A webhook's record is appended before anybody has committed to it.",
    caughtBy: ["no-answer-before-commit"],
    origin: "classic",
    incident: {
      what: "Jobs enqueued inside a transaction run before it commits",
      by: "Rails pull request 51426",
      year: 2024,
      url: "https://github.com/rails/rails/pull/51426",
    },
  },
  {
    id: "outbox-row-forgotten-on-crash",
    breaks: "What a crashed gateway left reserved is taken for published, and never is.",
    caughtBy: ["no-answer-before-commit", "accepted-orders-stay-readable"],
    origin: "classic",
    incident: {
      what: "Messages in the outbox are not dispatched after a crash",
      by: "Wolverine issue 565",
      year: 2023,
      url: "https://github.com/JasperFx/wolverine/issues/565",
    },
  },
  {
    id: "dedupe-without-stored-message",
    breaks:
      "A webhook's key is completed with an offset that is only expected, before the record is appended.",
    caughtBy: ["no-answer-before-commit"],
    origin: "classic",
    incident: {
      what: "A context is marked as delivered before its message is stored, and the message is deleted",
      by: "MassTransit issue 4990",
      year: 2024,
      url: "https://github.com/MassTransit/MassTransit/issues/4990",
    },
  },
  {
    id: "dedupe-lost-on-restart",
    breaks: "A queue restored from a snapshot has forgotten the producer keys that it knew.",
    caughtBy: ["one-record-per-key", "replicas-hold-the-same-records", "raft-state-machine-safety"],
    origin: "classic",
    incident: {
      what: "After a restart JetStream stores a message again whose id it had known",
      by: "NATS server issue 3272",
      year: 2022,
      url: "https://github.com/nats-io/nats-server/issues/3272",
    },
  },
  {
    id: "dedupe-shorter-than-redelivery",
    breaks: "Completed keys are forgotten while what they stand for can still come again.",
    caughtBy: ["no-double-effect"],
    origin: "classic",
    incident: {
      what: "An id that keeps coming is let through again each time the duplicate window is over",
      by: "NATS server issue 7302",
      year: 2025,
      url: "https://github.com/nats-io/nats-server/issues/7302",
    },
  },
  {
    id: "reservation-never-released",
    breaks: "The reservation of an owner that fell silent never expires.",
    caughtBy: ["every-record-is-acked", "every-webhook-is-answered"],
    origin: "classic",
    incident: {
      what: "A function that times out leaves its key in progress, and every retry is refused",
      by: "Powertools for AWS Lambda issue 1038",
      year: 2021,
      url: "https://github.com/aws-powertools/powertools-lambda-python/issues/1038",
    },
  },
  {
    id: "check-then-act-on-one-key",
    breaks: "Two owners hold the same key at the same time.",
    caughtBy: ["exclusive-reservation"],
    origin: "classic",
    incident: {
      what: "Two transfers at once from one gift card both find it full",
      by: "Egor Homakov, Starbucks",
      year: 2015,
      url: "https://sakurity.com/blog/2015/05/21/starbucks.html",
    },
  },
];

/** What is done at most once, and by whom. */
const effectDefects: readonly CataloguedDefect[] = [
  {
    id: "GW3",
    breaks: "A payment is captured again under a fresh token when its record comes back.",
    caughtBy: ["no-double-effect"],
    origin: "weakness",
    incident: {
      what: "jetcd 0.8.2 sends requests again that may have been executed",
      by: "Kyle Kingsbury, Jepsen",
      year: 2024,
      url: "https://jepsen.io/analyses/jetcd-0.8.2",
    },
  },
  {
    id: "GW4",
    breaks: "Resources take writes from holders whose lease has long passed to another.",
    caughtBy: ["leases-are-fenced"],
    origin: "weakness",
    incident: {
      what: "A holder that was paused writes after its lock has passed on, for nothing checks a fencing token",
      by: "Martin Kleppmann",
      year: 2016,
      url: "https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html",
    },
  },
  {
    id: "GW9",
    breaks: "The effects store takes writes under an old lease epoch that every other resource refuses.",
    caughtBy: ["leases-are-fenced"],
    origin: "weakness",
    incident: {
      what: "BookKeeper fences one kind of read and not the other, and loses entries",
      by: "Jack Vanlightly, BookKeeper issue 2614",
      year: 2021,
      url: "https://github.com/apache/bookkeeper/issues/2614",
    },
  },
  {
    id: "release-without-owner-check",
    breaks: "Anybody can release the lease that somebody else holds.",
    caughtBy: ["leases-are-fenced"],
    origin: "classic",
    incident: {
      what: "The release of a lock that ran out deletes the lock of the next holder",
      by: "Apache Superset pull request 43462",
      year: 2026,
      url: "https://github.com/apache/superset/pull/43462",
    },
  },
  {
    id: "lease-renewed-after-expiry",
    breaks: "A holder renews a lease that has expired.",
    caughtBy: ["leases-are-fenced"],
    origin: "classic",
    incident: {
      what: "An old leader goes on renewing leases that the new one lets expire",
      by: "etcd issue 15247",
      year: 2023,
      url: "https://github.com/etcd-io/etcd/issues/15247",
    },
  },
  {
    id: "standby-contends-once",
    breaks: "Whoever finds the lease taken by another host leaves it to that one, and never asks again.",
    caughtBy: ["lease-is-taken-up"],
    origin: "classic",
    incident: {
      what: "A lock of a node that goes down is not released, and nobody else can take it",
      by: "vertx-ignite issue 23",
      year: 2016,
      url: "https://github.com/vert-x3/vertx-ignite/issues/23",
    },
  },
  {
    id: "lease-expiry-by-wall-clock",
    breaks: "A contender with a fast clock is granted a lease that is held.",
    caughtBy: ["leases-are-fenced"],
    origin: "classic",
    incident: {
      what: "Redlock's expiry hangs on wall clocks, and a jump makes two holders",
      by: "Martin Kleppmann",
      year: 2016,
      url: "https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html",
    },
  },
  {
    id: "fence-greater-than-or-equal",
    breaks: "The fence is off by one and lets the former holder through.",
    caughtBy: ["leases-are-fenced"],
    origin: "classic",
    incident: {
      what: "A term that is equal is treated as a later one, and a member votes twice",
      by: "Microsoft CCF pull request 8094",
      year: 2026,
      url: "https://github.com/microsoft/CCF/pull/8094",
    },
  },
  {
    id: "unsigned-observation-accepted",
    breaks: "Observations count without their signer's signature.",
    caughtBy: ["observations-are-signed"],
    origin: "classic",
    incident: {
      what: "Routers everywhere believed an unsigned announcement of where YouTube is",
      by: "RIPE NCC",
      year: 2008,
      url: "https://www.ripe.net/publications/news/industry-developments/youtube-hijacking-a-ripe-ncc-ris-case-study",
    },
  },
  {
    id: "replayed-observation-accepted",
    breaks: "An observation that was seen before counts again.",
    caughtBy: ["observations-are-signed"],
    origin: "classic",
    incident: {
      what: "A handshake message sent again is taken again and resets a nonce (KRACK)",
      by: "Mathy Vanhoef",
      year: 2017,
      url: "https://www.krackattacks.com/",
    },
  },
];

export const pipelineDefects: readonly CataloguedDefect[] = [
  ...acceptanceDefects,
  ...effectDefects,
  ...checkpointDefects,
  ...deliveryDefects,
];
