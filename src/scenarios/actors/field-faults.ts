/**
 * What reports from the field are about and a power cut is not: processes that end themselves, a worker or a registry that never
 * comes back, connections and names, and a mill that answers with statuses, limits and resets.
 */
import type { FaultKind } from "seedstorm";
import { GOALS } from "../../model/actors/goals.js";
import { actorScenario } from "./define.js";

/** The job service has no settings that an upgrade could change. */
const KINDS: readonly FaultKind[] = [
  "exit",
  "host-loss",
  "connection-reset",
  "half-open",
  "dns-failure",
  "external-status",
  "external-rate-limit",
  "external-reset",
];

export const fieldFaults = actorScenario({
  id: "actors-field-faults",
  title: "processes that end themselves, a lost worker, broken connections, typed errors",
  shows:
    "Processes end themselves and come back with back-off, a worker or a registry is lost for good, connections break in ways that no packet loss does, and the mill " +
    "answers with statuses, limits and resets. Jobs are done by the workers that are left.",
  jobs: { submits: { min: 40, max: 70 }, bursts: 2 },
  storm: { kinds: KINDS },
  goals: [GOALS.breakerOpened, GOALS.breakerClosed, GOALS.registryEjected],
});
