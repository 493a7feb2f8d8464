/** Planted defects of the delivery: who gets a record, for how long, how often, and when it is done. */
import type { CataloguedDefect } from "seedstorm";

export const deliveryDefects: readonly CataloguedDefect[] = [
  {
    id: "GW6",
    breaks: "A late ack takes away the delivery of the worker that has the record now.",
    caughtBy: ["no-ack-before-effect"],
    origin: "weakness",
    incident: {
      what: "A receipt that has run out still deletes its message",
      by: "Azure Storage issue 285",
      year: 2016,
      url: "https://github.com/Azure/azure-storage-net/issues/285",
    },
  },
  {
    id: "ack-before-effect",
    breaks: "A record is acked before its effect is recorded.",
    caughtBy: ["no-ack-before-effect"],
    origin: "classic",
    incident: {
      what: "Offsets are stored for the next commit before the application has the message",
      by: "librdkafka issue 1122",
      year: 2017,
      url: "https://github.com/confluentinc/librdkafka/issues/1122",
    },
  },
  {
    id: "cursor-skips",
    breaks: "The cursor jumps over records that nobody acked.",
    caughtBy: ["cursor-is-the-acked-prefix"],
    origin: "classic",
    incident: {
      what: "Rows whose transaction commits late lie behind the cursor and are never read",
      by: "Kafka Connect JDBC issue 915",
      year: 2020,
      url: "https://github.com/confluentinc/kafka-connect-jdbc/issues/915",
    },
  },
  {
    id: "poison-loops-for-ever",
    breaks: "A record that nobody can process is delivered for ever.",
    caughtBy: ["every-record-is-acked", "exclusive-delivery"],
    origin: "classic",
    incident: {
      what: "A message that kills its consumer is never counted, and kills the next one",
      by: "Apache Pulsar issue 5881",
      year: 2019,
      url: "https://github.com/apache/pulsar/issues/5881",
    },
  },
  {
    id: "delivery-count-lost-on-leader-change",
    breaks: "A change of leader makes the queue forget how often records were delivered.",
    caughtBy: ["exclusive-delivery"],
    origin: "classic",
    incident: {
      what: "Redelivery counts are kept in memory and begin again at zero when a broker restarts",
      by: "Apache Pulsar documentation, pull request 1117",
      year: 2026,
      url: "https://github.com/apache/pulsar-site/pull/1117",
    },
  },
  {
    id: "visibility-timer-started-at-append",
    breaks:
      "A delivery's time runs from the append of its record: it ends before the worker had it for long.",
    caughtBy: ["exclusive-delivery"],
    origin: "classic",
    incident: {
      what: "The visibility time-out runs while a task waits for its time, so it is executed several times",
      by: "Celery issue 2599",
      year: 2015,
      url: "https://github.com/celery/celery/issues/2599",
    },
  },
  {
    id: "delivery-never-expires",
    breaks: "A delivery whose worker fell silent stays with it for ever.",
    caughtBy: ["every-record-is-acked"],
    origin: "classic",
    incident: {
      what: "Messages that a stuck consumer has fetched stay in its queue for ever",
      by: "Apache Pulsar pull request 68",
      year: 2016,
      url: "https://github.com/apache/pulsar/pull/68",
    },
  },
  {
    id: "redelivery-while-held",
    breaks: "A record that a worker holds is handed to a second one.",
    caughtBy: ["exclusive-delivery"],
    origin: "classic",
    incident: {
      what: "One publishing task runs on several workers at the same time",
      by: "Kolibri Studio issue 3395",
      year: 2022,
      url: "https://github.com/learningequality/studio/issues/3395",
    },
  },
  {
    id: "placement-checked-at-group-creation-only",
    breaks: "Polls are served wherever they come from, whatever the group's placement says.",
    caughtBy: ["placement-is-respected"],
    origin: "classic",
    incident: {
      what: "Node affinity is looked at when a pod is scheduled, and never again",
      by: "Kubernetes issue 96149",
      year: 2020,
      url: "https://github.com/kubernetes/kubernetes/issues/96149",
    },
  },
  {
    id: "placement-widened-by-observation",
    breaks: "The loss of a provider widens a group's placement.",
    caughtBy: ["observations-are-signed"],
    origin: "classic",
    incident: {
      what: "After 43 seconds without a link primaries were moved to the other coast, where they were no use",
      by: "GitHub, October 21 post-incident analysis",
      year: 2018,
      url: "https://github.blog/2018-10-30-oct21-post-incident-analysis/",
    },
  },
];
