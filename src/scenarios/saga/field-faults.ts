/**
 * What reports from the field are about and a power cut is not: processes that end themselves, a runner that never comes back, an
 * upgrade that stops half-way, connections and names, leap seconds, and a cloud that answers with statuses, limits and resets.
 */
import { type Fault, FIELD_KINDS, fc, rollout, stormBy, together, type Upgrade } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { RUNNER_GROUND, SCOPE, sagaScenario } from "./define.js";
import { RUNNERS } from "./topology.js";

const KINDS = FIELD_KINDS.filter((kind) => kind !== "host-loss");

/** Runners that look more often, do fewer things at once and give the cloud up sooner. */
const NEXT: Upgrade = { hosts: RUNNERS, settings: { pollInterval: 250_000, concurrency: 2, callTries: 2 } };

export const fieldFaults = sagaScenario({
  id: "saga-field-faults",
  title: "processes that end themselves, a lost runner, upgrades, broken connections, typed errors",
  shows:
    "Processes end themselves and come back with back-off, a runner is lost for good, runners are upgraded one by one, connections break in ways that no packet loss " +
    "does, and the cloud answers with statuses, limits and resets. Every run ends, on the runners that are left.",
  storm: together(
    stormBy("swarm", KINDS, { ...SCOPE, upgrades: [NEXT] }, 2),
    fc.oneof(stormBy("random", ["host-loss"], RUNNER_GROUND, 1), fc.constant<Fault[]>([])),
    fc.oneof(rollout(SCOPE, NEXT), fc.constant<Fault[]>([])),
  ),
  mustFire: [...KINDS, "host-loss"],
  goals: [GOALS.completed, GOALS.rolledBack, GOALS.rescued],
});
