/**
 * Providers that take longer than the ack wait, hang, refuse, and apply without an answer. A second delivery waits for the
 * first, breakers spare a provider that fails, and no effect is applied twice.
 */
import { type FaultKind, faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { NODE_GROUND, runnerScenario, SCOPE } from "./define.js";

const KINDS: readonly FaultKind[] = [
  "external-slow",
  "external-errors",
  "external-hang",
  "external-lost-reply",
];

export const longEffects = runnerScenario({
  id: "runner-long-effects",
  title: "effects that take longer than the ack wait",
  shows:
    "Calls of providers last longer than a message may go unanswered, hang, fail, or are applied and never answered, while workers are paused and crash. " +
    "The gate keeps a second delivery out as long as its worker lives; what nobody knows is taken back.",
  knobs: {
    "environment/*":
      "RUNNER_EFFECTS_TIMEOUT=5000\nRUNNER_EFFECTS_CLAIM_TTL=2500\nRUNNER_CONSUMERS_ACK_WAIT=1200",
  },
  storm: together(
    faultsOf(KINDS, SCOPE, { min: 2, max: 5 }),
    faultsOf(["pause", "crash", "crash-point"], NODE_GROUND, { min: 0, max: 3 }),
  ),
  mustFire: KINDS,
  goals: [
    GOALS.secondDeliveryWaited,
    GOALS.claimTakenOver,
    GOALS.effectRetried,
    GOALS.effectGivenUp,
    GOALS.breakerHeld,
    GOALS.compensationRun,
    GOALS.resultRepeated,
  ],
});
