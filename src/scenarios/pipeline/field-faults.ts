/**
 * What reports from the field are about and a power cut is not: processes that end themselves, a replica or a worker that never comes
 * back, an upgrade that stops half-way, connections and names, leap seconds, and a payment service that answers with statuses, limits
 * and resets.
 */
import {
  type Fault,
  FIELD_KINDS,
  fc,
  MILLISECOND,
  ms,
  prescribed,
  rollout,
  stormBy,
  together,
  type Upgrade,
} from "seedstorm";
import { EXTERNAL_SERVICES, pipelineScenario } from "./define.js";
import { topologyOf, withRole } from "./topology.js";

const HOSTS = topologyOf("hardened");
const idsOf = (role: string): string[] => withRole(HOSTS, role).map(({ id }) => id);
const REPLICA: Upgrade = {
  hosts: idsOf("replica"),
  settings: { "raft.snapshotEvery": 16, observeInterval: 3_000 * MILLISECOND },
};
const WORKER: Upgrade = {
  hosts: idsOf("worker"),
  settings: { workerConcurrency: 1, retryDelay: 300 * MILLISECOND },
};

/** A limit that orders of half a minute come up against: any higher one lets most universes through. */
const ONE_PAYMENT_A_SECOND = prescribed({
  kind: fc.constant("external-rate-limit"),
  at: ms(3_000, 20_000),
  for: ms(6_000, 12_000),
  target: fc.constant("external/payments"),
  perSecond: fc.constant(1),
});

export const fieldFaults = pipelineScenario({
  id: "field-faults",
  title: "processes that end themselves, a lost replica, upgrades, broken connections, typed errors",
  shows:
    "Processes end themselves and come back with back-off, a replica, a worker or a gateway is lost for good, replicas and workers are upgraded one by one, connections " +
    "break in ways that no packet loss does, and outside services answer with statuses, limits and resets. Everything accepted gets done, on what is left.",
  varied: {
    presets: ["hardened"],
    knobs: fc.constant({}),
    strategy: "aimed",
    storm: (strategy, _preset, scope) =>
      together(
        stormBy(
          strategy,
          FIELD_KINDS,
          {
            ...scope,
            // One of these in a run at most: a minority of the replicas, one of several workers, gateways or keepers.
            replicas: ["replica", "worker", "gateway", "maintenance"].flatMap(idsOf),
            services: [...EXTERNAL_SERVICES, "objects-aws", "objects-gcp", "objects-azure"],
            upgrades: [REPLICA, WORKER],
          },
          2,
        ),
        fc.oneof(rollout(scope, REPLICA), rollout(scope, WORKER), fc.constant<Fault[]>([])),
        fc.oneof(ONE_PAYMENT_A_SECOND, fc.constant<Fault[]>([])),
      ),
  },
  mustFire: FIELD_KINDS,
  goals: ["raft: election-under-load", "redelivery", "payment retried"],
});
