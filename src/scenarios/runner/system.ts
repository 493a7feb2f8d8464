/** The runner as a system under test: what boots, and what must hold of it. */
import { answered, externalProperties, type System, worldProperties } from "seedstorm";
import { breakerHears, breakerProperties } from "../../model/actors/properties/breaker.js";
import { startBroker } from "../../model/broker/broker.js";
import { BrokerClient } from "../../model/broker/client.js";
import { CARRIER, PAYMENTS } from "../../model/runner/business/files.js";
import { runnerDefects } from "../../model/runner/defects.js";
import { RUNNER_DEFAULTS } from "../../model/runner/knobs.js";
import { runnerMoments } from "../../model/runner/moments.js";
import { runnerProperties } from "../../model/runner/properties/index.js";
import { buildRunner } from "../../model/runner/runner.js";
import { storageProperties } from "../../model/storage/properties/index.js";
import { hasLostItsQuorum } from "../broker/quorum.js";

export const runnerSystem: System = {
  id: "runner",
  title: "runner node",
  properties: [
    ...runnerProperties,
    ...storageProperties,
    ...breakerProperties,
    breakerHears,
    ...externalProperties,
    ...worldProperties,
  ],
  defects: runnerDefects,
  moments: runnerMoments,
  knobs: { ...RUNNER_DEFAULTS },
  clients: ["client", "producer", "operator"],
  services: [PAYMENTS, CARRIER],
  minHosts: { runner: 1, client: 0, producer: 0, operator: 0 },
  latencies: (history) => ({ placed: answered(history, "place"), cancelled: answered(history, "cancel") }),
  unrecoverable: hasLostItsQuorum,
  build: (world, plan) =>
    buildRunner(world, plan, {
      boot: async (host, brokers) => {
        await startBroker(host, { brokers });
      },
      client: (host, brokers) => new BrokerClient(host, { brokers }),
    }),
};
