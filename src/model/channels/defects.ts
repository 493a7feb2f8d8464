/** Planted defects of channels over the broker: protections that can be switched off one at a time. */
import type { CataloguedDefect } from "seedstorm";

export const channelDefects: readonly CataloguedDefect[] = [
  {
    id: "channel-acked-on-receipt",
    breaks: "A message is acknowledged when it comes, and is lost when its receiver crashes over it.",
    caughtBy: ["broker-channel-loses-nothing"],
    origin: "classic",
    incident: {
      what: "Messages that were acknowledged before they were handled were lost in crashes",
      by: "ACHGateway pull request 138",
      year: 2022,
      url: "https://github.com/moov-io/achgateway/pull/138",
    },
  },
  {
    id: "channel-sends-without-id",
    breaks: "A message whose send came to no answer is sent again as another one.",
    caughtBy: ["broker-channel-keeps-once"],
    origin: "classic",
    incident: {
      what: "A publish that timed out had been carried out, and its retry puts the message into the queue twice",
      by: "EasyNetQ issue 1413",
      year: 2022,
      url: "https://github.com/EasyNetQ/EasyNetQ/issues/1413",
    },
  },
  {
    id: "channel-unknown-called-failed",
    breaks: "A sender is told that a message is not kept when nobody knows.",
    caughtBy: ["broker-channel-answers-are-true"],
    origin: "classic",
    incident: {
      what: "A producer is told that a message has timed out, and it is delivered afterwards",
      by: "librdkafka issue 1476",
      year: 2017,
      url: "https://github.com/confluentinc/librdkafka/issues/1476",
    },
  },
  {
    id: "channel-sends-overtake",
    breaks: "What one sender sends in a row is under way all at once, and is kept in any order.",
    caughtBy: ["broker-channel-fifo"],
    origin: "classic",
    incident: {
      what: "A retried message is put behind those that were sent after it",
      by: "librdkafka issue 1092",
      year: 2017,
      url: "https://github.com/confluentinc/librdkafka/issues/1092",
    },
  },
  {
    id: "channel-block-refuses",
    breaks: "A sender that is to wait for room is turned away at once.",
    caughtBy: ["broker-channel-full-as-configured"],
    origin: "classic",
    incident: {
      what: "A put into a full queue fails at once where its caller means to wait",
      by: "arrayqueues issue 5",
      year: 2022,
      url: "https://github.com/portugueslab/arrayqueues/issues/5",
    },
  },
  {
    id: "channel-expired-dropped",
    breaks: "A message that grows too old is done with, and goes to nobody.",
    caughtBy: ["broker-channel-dead-letters"],
    origin: "classic",
    incident: {
      what: "A message whose time to live is over is deleted, and nothing is left to trace it by",
      by: "WSO2 Enterprise Integrator issue 1914",
      year: 2018,
      url: "https://github.com/wso2/product-ei/issues/1914",
    },
  },
  {
    id: "channel-age-by-own-clock",
    breaks: "Messages grow old by the clock of whoever receives them, also while the broker's stands still.",
    caughtBy: ["broker-channel-expiry"],
    origin: "classic",
    incident: {
      what: "Messages expire by a clock that is not the broker's, and at the wrong time",
      by: "Apache Pulsar pull request 21940",
      year: 2024,
      url: "https://github.com/apache/pulsar/pull/21940",
    },
  },
  {
    id: "channel-done-before-buried",
    breaks: "A message is done with first and left with the dead letters afterwards, if they can be reached.",
    caughtBy: ["broker-channel-loses-nothing"],
    origin: "classic",
    incident: {
      what: "A message is acknowledged though it could not be published to the dead letters, and is nowhere",
      by: "Protean issue 1263",
      year: 2026,
      url: "https://github.com/proteanhq/protean/issues/1263",
    },
  },
  {
    id: "channel-dead-letter-unconfirmed",
    breaks: "A dead letter counts as left before it is known that anybody has it.",
    caughtBy: ["broker-channel-dead-letters"],
    origin: "classic",
    incident: {
      what: "Dead letters are published without a confirmation, and get lost on the way",
      by: "RabbitMQ issue 3100",
      year: 2021,
      url: "https://github.com/rabbitmq/rabbitmq-server/issues/3100",
    },
  },
  {
    id: "channel-subscription-begins-anew",
    breaks:
      "A subscriber that comes back begins a new subscription, and misses what was published meanwhile.",
    caughtBy: ["broker-channel-subscribers-miss-nothing"],
    origin: "classic",
    incident: {
      what: "Events that are published while a subscriber restarts are lost, as its subscription begins anew",
      by: "Eclipse Dirigible issue 6804",
      year: 2026,
      url: "https://github.com/eclipse-dirigible/dirigible/issues/6804",
    },
  },
];
