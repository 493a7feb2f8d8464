/** Nothing goes wrong, but for what orders are bound to run into: no stock, no money, no such address, a change of mind. */
import { GOALS } from "../../model/runner/goals.js";
import { runnerScenario } from "./define.js";

export const calm = runnerScenario({
  id: "runner-calm",
  title: "the runner on a quiet day",
  shows:
    "A minute without faults. Orders go from their event through saga, outbox, effects and results to their end, completed or taken back whole, " +
    "for tenants of different size.",
  workload: { orders: { min: 6, max: 12 } },
  certain: [
    GOALS.effectDone,
    GOALS.timerFired,
    "ack-after-commit",
    "outbox-until-confirmed",
    "effect-once",
    "trace-carried",
    "whole-transition",
    "one-transition-per-event",
    "checkpoints-advance",
    "events-processed-or-quarantined",
    "deterministic-transitions",
    "work-delivered-once",
    "work-arrives",
    "timers-kept",
    "tenants-apart",
    "in-stream-order",
    "outbox-drains",
    "sagas-end",
    "recorded-effect-was-applied",
    "effect-result-published",
    "orders-end-whole",
    "stock-adds-up",
    "program-policy-followed",
    "store-serializable",
  ],
  goals: [
    GOALS.compensationRun,
    GOALS.timerCancelled,
    GOALS.timerFired,
    GOALS.deadLettered,
    GOALS.effectDone,
    GOALS.effectDeclined,
  ],
});
