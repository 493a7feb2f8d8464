/**
 * The planted defects of the broker: protections that can be switched off, one at a time, where each of them stands. Most
 * incidents are those of NATS JetStream and its clients, whose shape this broker has.
 */
import type { CataloguedDefect } from "seedstorm";

export const brokerDefects: readonly CataloguedDefect[] = [
  {
    id: "broker-ids-not-in-snapshot",
    breaks: "What ids were seen is no part of a snapshot: who starts from one stores a message again.",
    caughtBy: ["broker-duplicates-stored-once", "raft-state-machine-safety"],
    origin: "classic",
    incident: {
      what: "Ids that were known are not, after a restart",
      by: "NATS server issue 3272",
      year: 2022,
      url: "https://github.com/nats-io/nats-server/issues/3272",
    },
  },
  {
    id: "broker-duplicate-window-short",
    breaks: "Ids are forgotten long before the duplicate window is over.",
    caughtBy: ["broker-duplicates-stored-once"],
    origin: "classic",
    incident: {
      what: "Messages are stored twice within the window around restarts",
      by: "NATS server issue 3006",
      year: 2022,
      url: "https://github.com/nats-io/nats-server/issues/3006",
    },
  },
  {
    id: "broker-delivery-count-lost",
    breaks: "A snapshot doesn't have how often messages were delivered: a new leader counts from 1.",
    caughtBy: ["broker-deliveries-counted", "raft-state-machine-safety"],
    origin: "classic",
    incident: {
      what: "A new leader that lagged behind throws delivery counts away",
      by: "NATS server pull request 6698",
      year: 2025,
      url: "https://github.com/nats-io/nats-server/pull/6698",
    },
  },
  {
    id: "broker-ack-pending-not-counted",
    breaks: "Deliveries go on however many are out without an answer.",
    caughtBy: ["broker-outstanding-bounded"],
    origin: "classic",
    incident: {
      what: "After a move of code, new messages are delivered past the limit",
      by: "NATS server pull request 1714",
      year: 2020,
      url: "https://github.com/nats-io/nats-server/pull/1714",
    },
  },
  {
    id: "broker-ack-answered-early",
    breaks: "An ack is answered before it is committed, and lost with the leader.",
    caughtBy: ["broker-answers-end-deliveries"],
    origin: "classic",
    incident: {
      what: "Messages that were acked, and the ack confirmed, are delivered again after a restart",
      by: "NATS server pull request 5419",
      year: 2024,
      url: "https://github.com/nats-io/nats-server/pull/5419",
    },
  },
  {
    id: "broker-term-is-nak",
    breaks: "A message that was terminated is delivered again.",
    caughtBy: ["broker-answers-end-deliveries", "broker-not-delivered-too-soon"],
    origin: "classic",
    incident: {
      what: "Terminating races with the next delivery, and accounts go wrong",
      by: "NATS server pull request 6399",
      year: 2025,
      url: "https://github.com/nats-io/nats-server/pull/6399",
    },
  },
  {
    id: "broker-progress-ignored",
    breaks: "A sign of work doesn't put the ack wait off.",
    caughtBy: ["broker-not-delivered-too-soon"],
    origin: "classic",
    incident: {
      what: "Work that takes longer than the ack wait is delivered again while it goes on",
      by: "NATS Streaming issue 558",
      year: 2018,
      url: "https://github.com/nats-io/nats-streaming-server/issues/558",
    },
  },
  {
    id: "broker-nak-delay-ignored",
    breaks: "What was given back for later is delivered at once.",
    caughtBy: ["broker-not-delivered-too-soon"],
    origin: "classic",
    incident: {
      what: "A nak is followed by the next delivery at once, whatever the back-off says",
      by: "NATS server issue 4726",
      year: 2023,
      url: "https://github.com/nats-io/nats-server/issues/4726",
    },
  },
  {
    id: "broker-max-deliver-plus-one",
    breaks: "A message is delivered once more than it may.",
    caughtBy: ["broker-deliveries-counted"],
    origin: "classic",
    incident: {
      what: "A message at its limit is kept for one more delivery, and consumers get stuck",
      by: "NATS server pull request 5995",
      year: 2024,
      url: "https://github.com/nats-io/nats-server/pull/5995",
    },
  },
  {
    id: "broker-advisory-missing",
    breaks: "No advisory is sent of messages that are given up or terminated.",
    caughtBy: ["broker-given-up-is-advised"],
    origin: "classic",
    incident: {
      what: "Messages reach their limit and no advisory is sent",
      by: "NATS server issue 7148",
      year: 2025,
      url: "https://github.com/nats-io/nats-server/issues/7148",
    },
  },
  {
    id: "broker-first-ack-removes",
    breaks: "In an interest stream one consumer's ack removes the message for all.",
    caughtBy: ["broker-removals-have-a-cause"],
    origin: "classic",
    incident: {
      what: "Messages that a consumer had not acked vanish from an interest stream",
      by: "NATS server issue 6538",
      year: 2025,
      url: "https://github.com/nats-io/nats-server/issues/6538",
    },
  },
  {
    id: "broker-expectations-not-checked",
    breaks: "What a publish expects is not checked when it is applied.",
    caughtBy: ["broker-expectations-hold"],
    origin: "classic",
    incident: {
      what: "Two publishes with the same expected last sequence both succeed",
      by: "NATS server issue 4320",
      year: 2023,
      url: "https://github.com/nats-io/nats-server/issues/4320",
    },
  },
  {
    id: "broker-read-without-barrier",
    breaks: "A broker answers reads without making sure that it still leads.",
    caughtBy: ["broker-bucket-reads-current", "broker-reads-complete"],
    origin: "classic",
    incident: {
      what: "Reads of a replicated bucket flip between the current value and an old one",
      by: "NATS server issue 4710",
      year: 2023,
      url: "https://github.com/nats-io/nats-server/issues/4710",
    },
  },
  {
    id: "broker-watch-begins-at-tail",
    breaks: "A watch that lost its broker goes on at the bucket's end, not where it was.",
    caughtBy: ["broker-watches-catch-up", "broker-watches-complete"],
    origin: "classic",
    incident: {
      what: "A watch sees no more changes after a restart of the server",
      by: "NATS Go client issue 1094",
      year: 2022,
      url: "https://github.com/nats-io/nats.go/issues/1094",
    },
  },
  {
    id: "broker-pushes-to-the-silent",
    breaks: "A member of a push consumer that has gone silent is still given its share.",
    caughtBy: ["broker-pushes-to-members"],
    origin: "classic",
    incident: {
      what: "Messages of a durable queue are stuck with members that are dead",
      by: "NATS Streaming server issue 816",
      year: 2019,
      url: "https://github.com/nats-io/nats-streaming-server/issues/816",
    },
  },
  {
    id: "broker-purge-ignores-filter",
    breaks: "A purge of one subject takes the messages of the others with it.",
    caughtBy: ["broker-removals-have-a-cause"],
    origin: "classic",
    incident: {
      what: "A purge of some subjects takes messages of others from a consumer",
      by: "NATS server pull request 3838",
      year: 2023,
      url: "https://github.com/nats-io/nats-server/pull/3838",
    },
  },
  {
    id: "broker-update-not-trimmed",
    breaks: "New limits of a stream hold for new messages only: what is beyond them stays.",
    caughtBy: ["broker-limits-hold"],
    origin: "classic",
    incident: {
      what: "A stream that is given a limit keeps the messages that are beyond it",
      by: "NATS server pull request 6244",
      year: 2024,
      url: "https://github.com/nats-io/nats-server/pull/6244",
    },
  },
  {
    id: "broker-unknown-called-failed",
    breaks: "A client says that nothing was done when it only got no answer.",
    caughtBy: ["broker-failures-are-not-done"],
    origin: "classic",
    incident: {
      what: "Writes that failed can't be told from writes that may have been done",
      by: "RethinkDB issue 4296",
      year: 2015,
      url: "https://github.com/rethinkdb/rethinkdb/issues/4296",
    },
  },
];
