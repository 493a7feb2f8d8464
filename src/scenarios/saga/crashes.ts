/**
 * Runners, front and database crash at every point of a provisioning: before and after each durable write and
 * each call to the cloud, which itself loses replies and hangs. Each step is applied once, and nothing leaks.
 */

import { type FaultKind, faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { STORAGE_GOALS } from "../../model/storage/goals.js";
import { CLOUD_LINK_KINDS, cloudLinks } from "./cloud-links.js";
import { RUNNER_GROUND, SCOPE, sagaScenario } from "./define.js";

const CLOUD_KINDS: readonly FaultKind[] = [
  "external-slow",
  "external-errors",
  "external-hang",
  "external-lost-reply",
];

export const crashes = sagaScenario({
  id: "saga-crashes",
  title: "provisioning, with crashes between any two steps and a cloud that misbehaves",
  shows:
    "Hosts crash just before and just after durable writes and calls to the cloud, which refuses calls, hangs, and applies some without a reply. " +
    "Every step is applied once, every run ends, and what is rolled back leaves nothing behind.",
  storm: together(
    faultsOf(["crash-point", "crash-point", "crash"], RUNNER_GROUND, { min: 2, max: 6 }),
    faultsOf(["crash-point", "crash"], SCOPE, { min: 1, max: 3 }),
    faultsOf(CLOUD_KINDS, SCOPE, { min: 1, max: 4 }),
    cloudLinks(SCOPE.from, SCOPE.healAt),
  ),
  mustFire: ["crash-point", "crash", ...CLOUD_KINDS, ...CLOUD_LINK_KINDS],
  goals: [
    GOALS.completed,
    GOALS.rolledBack,
    GOALS.rescued,
    GOALS.resumedForward,
    GOALS.resumedBackward,
    GOALS.foundApplied,
    GOALS.ambiguous,
    GOALS.replayed,
    GOALS.startReplayed,
    STORAGE_GOALS.recordedLate,
  ],
});
