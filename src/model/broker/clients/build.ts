/**
 * The brokers with everybody around them, put together: which part boots on which host.
 *
 * Roles of hosts: `broker` (three), `admin`, `producer`, `worker`, `mailer`, `keeper`; and beside them a host with a
 * transactional `store` and its `teller`s.
 */
import { checkKnobNames, type Plan, type World } from "seedstorm";
import { serveStore } from "../../storage/service.js";
import { Store } from "../../storage/store.js";
import { startBroker } from "../broker.js";
import { BrokerClient } from "../client.js";
import { startAdmin } from "./admin.js";
import { startGardener } from "./gardener.js";
import { startKeeper } from "./keeper.js";
import { startProducer } from "./producer.js";
import { startSteward } from "./steward.js";
import { startTeller } from "./teller.js";
import { startMailer, startWorker } from "./worker.js";

/** Records after which the store makes its log short: soon, so that it happens in every run. */
const COMPACT_AFTER = 9;

/** Knobs of the world and of replication: brokers have none of their own. */
const KNOBS = ["buggify", "raft.snapshotEvery"];

export function buildBrokers(world: World, plan: Plan): void {
  checkKnobNames(plan.knobs, KNOBS);
  const brokers = plan.topology.filter(({ role }) => role === "broker").map(({ id }) => id);
  const store = plan.topology.find(({ role }) => role === "store")?.id ?? "";
  for (const { id, role } of plan.topology) {
    const operations = plan.workload.filter((operation) => operation.host === id);
    world.onBoot(id, async (host) => {
      const client = new BrokerClient(host, { brokers });
      switch (role) {
        case "broker":
          await startBroker(host, { brokers });
          return;
        case "admin":
          void startGardener(host, new BrokerClient(host, { brokers }, "gardener"));
          if (operations.some(({ action }) => action === "tend"))
            startSteward(host, new BrokerClient(host, { brokers }, "steward"));
          return startAdmin(host, client, brokers);
        case "producer":
          startProducer(host, client, operations);
          return;
        case "worker":
          startWorker(host, client);
          return;
        case "mailer":
          startMailer(host, client);
          return;
        case "keeper":
          startKeeper(host, client, operations);
          return;
        case "store": {
          const opened = new Store(host, { compactAfter: COMPACT_AFTER });
          await opened.open();
          serveStore(host, opened);
          return;
        }
        case "teller":
          startTeller(host, store, operations);
      }
    });
  }
}
