/**
 * Planted defects of the runner: protections that can be switched off one at a time. `NW` and a number is a weakness of the
 * design that it follows; the others are classics of the trade, in `classic-defects.ts` and
 * `promise-defects.ts`.
 *
 * `NW1` and `NW2` go together with a fresh token for each call, as the design has none: a provider that recognises a repeated
 * token hides both.
 */
import type { CataloguedDefect } from "seedstorm";
import { classicRunnerDefects } from "./classic-defects.js";
import { promiseDefects } from "./promise-defects.js";

const weaknesses: readonly CataloguedDefect[] = [
  {
    id: "NW1",
    breaks:
      "An effect's outcome is recorded only after its result was published: a crash in between does it again.",
    caughtBy: ["effect-once"],
    origin: "weakness",
    incident: {
      what: "Tasks whose broker restarts before they are acknowledged are executed twice",
      by: "Celery issue 4671",
      year: 2018,
      url: "https://github.com/celery/celery/issues/4671",
    },
  },
  {
    id: "NW2",
    breaks:
      "A worker looks whether a command is done, and does it without a claim: a second delivery passes too.",
    caughtBy: ["effect-once"],
    origin: "weakness",
    incident: {
      what: "Tasks that run longer than the visibility time-out run several times at once",
      by: "Celery issue 5306",
      year: 2019,
      url: "https://github.com/celery/celery/issues/5306",
    },
  },
  {
    id: "NW3",
    breaks:
      "Each node has a store of its own, while the deliver group spreads an instance's events over all of them.",
    caughtBy: ["sagas-end", "orders-end-whole"],
    origin: "weakness",
    incident: {
      what: "Several instances of one outbox processor know nothing of each other and process events many times",
      by: "sample-dotnet-core-cqrs-api issue 15",
      year: 2020,
      url: "https://github.com/kgrzybek/sample-dotnet-core-cqrs-api/issues/15",
    },
  },
  {
    id: "NW4",
    breaks: "An event at or below its tenant's checkpoint is skipped, whichever of the lanes was quicker.",
    caughtBy: ["events-processed-or-quarantined", "ack-after-commit"],
    origin: "weakness",
    incident: {
      what: "The committed offset moves past messages that are still being processed",
      by: "kafka-go issue 202",
      year: 2019,
      url: "https://github.com/segmentio/kafka-go/issues/202",
    },
  },
  {
    id: "NW5",
    breaks: "Two streams share one checkpoint, and the sequences of one skip the events of the other.",
    caughtBy: ["events-processed-or-quarantined", "ack-after-commit"],
    origin: "weakness",
    incident: {
      what: "Marking a later message as done takes an earlier one with it",
      by: "sarama-cluster issue 148",
      year: 2017,
      url: "https://github.com/bsm/sarama-cluster/issues/148",
    },
  },
  {
    id: "NW6",
    breaks:
      "What the relay publishes again comes outside of the duplicate window, and is stored a second time.",
    caughtBy: ["work-delivered-once"],
    origin: "weakness",
    incident: {
      what: "A sender that repeats one message id is stored again each time the window has passed",
      by: "nats-server issue 7302",
      year: 2025,
      url: "https://github.com/nats-io/nats-server/issues/7302",
    },
  },
  {
    id: "NW7",
    breaks:
      "A message whose handler dies at its last delivery is given up by the broker and written down by nobody.",
    caughtBy: ["quarantine-before-term"],
    origin: "weakness",
    incident: {
      what: "Messages over their last delivery stay in the stream, and only an advisory says so",
      by: "nats-io/jetstream issue 425",
      year: 2021,
      url: "https://github.com/nats-io/jetstream/issues/425",
    },
  },
  {
    id: "NW8",
    breaks: "Ids are put together with colons as they are, and two tenants make one key.",
    caughtBy: ["tenants-apart"],
    origin: "weakness",
    incident: {
      what: "Keys of parts joined by unescaped colons are the same for different parts, across tenants",
      by: "supermemory pull request 1679",
      year: 2026,
      url: "https://github.com/supermemoryai/supermemory/pull/1679",
    },
  },
  {
    id: "NW9",
    breaks: "Timers of one due time have one key, and none is cancelled when its instance ends.",
    caughtBy: ["timers-kept"],
    origin: "weakness",
    incident: {
      what: "Jobs that are due in one second are taken for one",
      by: "node-resque issue 145",
      year: 2016,
      url: "https://github.com/actionhero/node-resque/issues/145",
    },
  },
  {
    id: "NW10",
    breaks: "Work gets random ids, so that a second run of the same transition makes other work.",
    caughtBy: ["deterministic-transitions"],
    origin: "weakness",
    incident: {
      what: "Ids from a random source in a workflow differ when it is replayed",
      by: "Temporal samples-go issue 70",
      year: 2020,
      url: "https://github.com/temporalio/samples-go/issues/70",
    },
  },
  {
    id: "NW11",
    breaks: "The relay dispatches all of an instance's work at once, in whatever order it arrives.",
    caughtBy: ["in-stream-order"],
    origin: "weakness",
    incident: {
      what: "Two instances of an outbox processor send one user's events out of order",
      by: "AWS transactional-outbox-pattern issue 6",
      year: 2025,
      url: "https://github.com/aws-samples/transactional-outbox-pattern/issues/6",
    },
  },
  {
    id: "NW12",
    breaks: "A dispatch is tried a few times, and then neither again nor given up.",
    caughtBy: ["outbox-drains", "work-arrives"],
    origin: "weakness",
    incident: {
      what: "After fifty tries an outbox abandons a message and leaves it lying there",
      by: "grabbit issue 203",
      year: 2019,
      url: "https://github.com/wework/grabbit/issues/203",
    },
  },
  {
    id: "NW13",
    breaks: "Sagas declare a compensation that nothing triggers.",
    caughtBy: ["sagas-end"],
    origin: "weakness",
    incident: {
      what: "A compensation that fails has no state to go to",
      by: "Eventuate Tram Sagas issue 75",
      year: 2022,
      url: "https://github.com/eventuate-tram/eventuate-tram-sagas/issues/75",
    },
  },
  {
    id: "NW14",
    breaks: "The relay takes any answer of the gateway for a confirmation.",
    caughtBy: ["outbox-until-confirmed"],
    origin: "weakness",
    incident: {
      what: "Deliveries that were answered with 5xx are not repeated",
      by: "Logto pull request 9410",
      year: 2026,
      url: "https://github.com/logto-io/logto/pull/9410",
    },
  },
  {
    id: "NW15",
    breaks: "Work and timers forget the trace of the event that made them.",
    caughtBy: ["trace-carried"],
    origin: "weakness",
    incident: {
      what: "The trace of a message does not go on to its consumer",
      by: "OpenTelemetry Java instrumentation issue 4854",
      year: 2021,
      url: "https://github.com/open-telemetry/opentelemetry-java-instrumentation/issues/4854",
    },
  },
];

export const runnerDefects: readonly CataloguedDefect[] = [
  ...weaknesses,
  ...classicRunnerDefects,
  ...promiseDefects,
];
