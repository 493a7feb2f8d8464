/** Planted defects of the saga engine that are no weakness of the design: classics of engines, leases and databases. */
import type { CataloguedDefect } from "seedstorm";

export const classicSagaDefects: readonly CataloguedDefect[] = [
  {
    id: "progress-before-result",
    breaks: "A run moves on to the next step when a step begins, and not when it is completed.",
    caughtBy: ["steps-run-in-order", "completed-means-every-step"],
    origin: "classic",
    incident: {
      what: "A message counts as consumed when it is handed out, and is skipped after a crash",
      by: "kafka-python issue 722",
      year: 2016,
      url: "https://github.com/dpkp/kafka-python/issues/722",
    },
  },
  {
    id: "unanswered-call-counts-as-applied",
    breaks: "A step whose calls to the cloud got no answer is recorded as completed.",
    caughtBy: ["completed-steps-were-applied"],
    origin: "classic",
    incident: {
      what: "A resource whose creation failed while it was waited for is recorded as created",
      by: "terraform-provider-restful issue 108",
      year: 2024,
      url: "https://github.com/magodo/terraform-provider-restful/issues/108",
    },
  },
  {
    id: "rescued-run-turns-back",
    breaks: "A runner that takes a run over with a step under way compensates it, though nothing has failed.",
    caughtBy: ["compensation-has-a-cause"],
    origin: "classic",
    incident: {
      what: "A coordinator that died within a transaction rolls it back when it is up again",
      by: "Apache Seata issue 770",
      year: 2019,
      url: "https://github.com/apache/incubator-seata/issues/770",
    },
  },
  {
    id: "forgotten-compensation-index",
    breaks: "A runner that takes over a compensation begins it anew.",
    caughtBy: ["compensation-runs-backwards"],
    origin: "classic",
    incident: {
      what: "A cancel that is called again after a crash cancels twice, until a fence remembers it",
      by: "Zhu Jinjun, Seata",
      year: 2022,
      url: "https://seata.apache.org/blog/seata-tcc-fence",
    },
  },
  {
    id: "revert-leaves-no-trace",
    breaks: "To revert what the cloud has not seen does nothing, and the call may come yet.",
    caughtBy: ["rollback-leaves-nothing"],
    origin: "classic",
    incident: {
      what: "A rollback finds nothing to undo, and then the branch that it was for commits",
      by: "Apache Seata issue 152",
      year: 2019,
      url: "https://github.com/apache/incubator-seata/issues/152",
    },
  },
  {
    id: "lease-unconfirmed",
    breaks: "A runner that stood still past its lease goes on before it has looked.",
    caughtBy: ["one-runner-per-run"],
    origin: "classic",
    incident: {
      what: "A region server goes on writing its log after a pause in which its session had ended",
      by: "HBASE-2312",
      year: 2010,
      url: "https://issues.apache.org/jira/browse/HBASE-2312",
    },
  },
  {
    id: "lease-by-wall-clock",
    breaks: "The database lets leases run out by a clock that can be set.",
    caughtBy: ["one-runner-per-run"],
    origin: "classic",
    incident: {
      what: "Redlock's expiry hangs on wall clocks, and a jump makes two holders",
      by: "Martin Kleppmann",
      year: 2016,
      url: "https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html",
    },
  },
  {
    id: "answer-before-sync",
    breaks: "The database answers before what it answers is durable.",
    caughtBy: ["one-runner-per-run"],
    origin: "classic",
    incident: {
      what: "NATS 2.12.1 acknowledges at once and syncs every two minutes",
      by: "Kyle Kingsbury, Jepsen",
      year: 2025,
      url: "https://jepsen.io/analyses/nats-2.12.1",
    },
  },
  {
    id: "failed-sync-ignored",
    breaks: "The database takes a log for synced whose sync has failed.",
    caughtBy: ["every-run-ends"],
    origin: "classic",
    incident: {
      what: "Five stores lose data after an fsync that failed, whatever they do about it",
      by: "Anthony Rebello and others, USENIX ATC",
      year: 2020,
      url: "https://www.usenix.org/conference/atc20/presentation/rebello",
    },
  },
];
