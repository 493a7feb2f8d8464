/**
 * Planted defects of the mirror, each a protection that can be switched off. RW1 to RW10 are weaknesses of
 * the design that it follows; the others are this house's own, so that no property goes without a defect that
 * it must catch.
 */
import type { CataloguedDefect } from "seedstorm";

export const mirrorDefects: readonly CataloguedDefect[] = [
  {
    id: "RW1",
    breaks: "One change among complete states throws the whole batch away, complete states included.",
    caughtBy: ["replica-has-what-its-cursor-passed", "replica-catches-up"],
    origin: "weakness",
    incident: {
      what: "When a batch can't be processed the client throws all of it away and goes on",
      by: "Amazon Kinesis client issue 10",
      year: 2014,
      url: "https://github.com/awslabs/amazon-kinesis-client/issues/10",
    },
  },
  {
    id: "RW2",
    breaks:
      "A consumer begins at the start of the log over a store that survived, and puts old states over newer ones.",
    caughtBy: ["replica-never-goes-back"],
    origin: "weakness",
    incident: {
      what: "Consumers whose offsets were forgotten begin again at the start of the log",
      by: "Kafka KIP-186",
      year: 2017,
      url: "https://cwiki.apache.org/confluence/display/KAFKA/KIP-186%3A+Increase+offsets+retention+default+to+7+days",
    },
  },
  {
    id: "RW3",
    breaks: "After a full batch the consumer sleeps before it reads the next one, so it never catches up.",
    caughtBy: ["replica-lag-is-bounded"],
    origin: "weakness",
    incident: {
      what: "The poller always sleeps between two polls, also when it has found messages",
      by: "Eventuate CDC issue 14",
      year: 2019,
      url: "https://github.com/eventuate-foundation/eventuate-cdc/issues/14",
    },
  },
  {
    id: "RW4",
    breaks: "A row that can't be decoded fails every poll from then on.",
    caughtBy: ["replica-catches-up"],
    origin: "weakness",
    incident: {
      what: "A record that can't be deserialised is polled again without end",
      by: "KAFKA-4740",
      year: 2017,
      url: "https://issues.apache.org/jira/browse/KAFKA-4740",
    },
  },
  {
    id: "RW5",
    breaks: "What the channel or the log doesn't take at once is dropped and never sent again.",
    caughtBy: ["handled-state-reaches-the-log"],
    origin: "weakness",
    incident: {
      what: "Log lines are lost whenever the buffer of a non-blocking driver is full",
      by: "Wesley Pettit, Amazon",
      year: 2023,
      url: "https://aws.amazon.com/blogs/containers/preventing-log-loss-with-non-blocking-mode-in-the-awslogs-container-log-driver/",
    },
  },
  {
    id: "RW6",
    breaks: "The log looks at no epoch, so an old and a promoted primary both write.",
    caughtBy: ["log-epochs-are-exclusive"],
    origin: "weakness",
    incident: {
      what: "Overlapping partitions make two masters, and both take writes",
      by: "Elasticsearch issue 2488",
      year: 2012,
      url: "https://github.com/elastic/elasticsearch/issues/2488",
    },
  },
  {
    id: "RW7",
    breaks: "Taking a grain out of the directory forgets its epoch.",
    caughtBy: ["directory-epochs-increase"],
    origin: "weakness",
    incident: {
      what: "Versions of deleted documents are kept in memory alone: after a restart older writes get through",
      by: "Elasticsearch issue 101178",
      year: 2023,
      url: "https://github.com/elastic/elasticsearch/issues/101178",
    },
  },
  {
    id: "RW8",
    breaks: "A state from the future counts as fresh, however old it is.",
    caughtBy: ["fresh-means-fresh"],
    origin: "weakness",
    incident: {
      what: "A write with a time in the future wins over all that come after it",
      by: "Kyle Kingsbury, The trouble with timestamps",
      year: 2013,
      url: "https://aphyr.com/posts/299-the-trouble-with-timestamps",
    },
  },
  {
    id: "RW9",
    breaks: "A promoted cluster begins with its replica as it is, though the log is further.",
    caughtBy: ["handled-state-reaches-the-log"],
    origin: "weakness",
    incident: {
      what: "Redis Sentinel promotes a replica that lags, and acknowledged writes are gone",
      by: "Kyle Kingsbury, Jepsen",
      year: 2013,
      url: "https://aphyr.com/posts/283-jepsen-redis",
    },
  },
  {
    id: "RW10",
    breaks: "A shutdown signal that changes nothing stops the consumer.",
    caughtBy: ["replica-catches-up"],
    origin: "weakness",
    incident: {
      what: "Receivers of a watch channel are told of a change when the value is what it was",
      by: "Tokio pull request 4591",
      year: 2022,
      url: "https://github.com/tokio-rs/tokio/pull/4591",
    },
  },
  {
    id: "RW11",
    breaks: "A change is put into the replica as if it were the whole state.",
    caughtBy: ["replica-equals-log", "no-delta-as-snapshot"],
    origin: "classic",
    incident: {
      what: "Columns that a change leaves out arrive as placeholders, and overwrite what was there",
      by: "Airbyte issue 30518",
      year: 2023,
      url: "https://github.com/airbytehq/airbyte/issues/30518",
    },
  },
  {
    id: "RW12",
    breaks: "A failed read moves the cursor as if its entries had come.",
    caughtBy: ["failed-read-keeps-cursor"],
    origin: "classic",
    incident: {
      what: "A connection that breaks within a batch leaves the offset behind rows that were never sent",
      by: "Kafka Connect JDBC pull request 1124",
      year: 2021,
      url: "https://github.com/confluentinc/kafka-connect-jdbc/pull/1124",
    },
  },
  {
    id: "RW13",
    breaks: "A consumer is shut down while its poll is under way, and applies what comes of it.",
    caughtBy: ["nothing-applied-after-shutdown"],
    origin: "classic",
    incident: {
      what: "A consumer that has lost its partitions goes on with what it had fetched of them",
      by: "Kafka KIP-447",
      year: 2019,
      url: "https://cwiki.apache.org/confluence/display/KAFKA/KIP-447%3A+Producer+scalability+for+exactly+once+semantics",
    },
  },
  {
    id: "RW14",
    breaks: "What is written to a journal counts before it is synced.",
    caughtBy: ["replica-never-goes-back", "handled-state-reaches-the-log", "directory-epochs-increase"],
    origin: "classic",
    incident: {
      what: "Eleven applications count on writes that a crash can still take or put in another order",
      by: "Thanumalayan Sankaranarayana Pillai and others, OSDI",
      year: 2014,
      url: "https://www.usenix.org/conference/osdi14/technical-sessions/presentation/pillai",
    },
  },
];
