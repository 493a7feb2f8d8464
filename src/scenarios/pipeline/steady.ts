/**
 * Nothing goes wrong. Shows the pipeline at work, and what it costs when the weather is fine: every order is
 * accepted at the first attempt, processed once, acknowledged, and read back in the end.
 */
import { pipelineScenario } from "./define.js";

export const steady = pipelineScenario({
  id: "steady",
  title: "no faults: orders are accepted, processed once and acknowledged",
  shows:
    "The pipeline without faults. Every order is accepted and processed, nothing is delivered twice to the payment service, " +
    "and the maintenance keeps its lease from beginning to end.",
  workload: { orders: { min: 20, max: 40 } },
  goals: ["checkpoint saved", "duplicate webhook replayed"],
  certain: [
    "checkpoint saved",
    "checkpoint restored",
    "observation committed",
    "accepted-orders-stay-readable",
    "one-record-per-key",
    "every-record-is-acked",
    "effects-are-as-recorded",
    "no-double-effect",
    "checkpoints-are-sound",
    "webhooks-are-answered-at-once",
    "records-are-done-at-once",
    "requests-get-answers",
    "lease-is-taken-up",
    "upkeep-follows-the-cursor",
    "observers-are-heard",
    "audit-is-done",
    "raft-replicas-catch-up",
    "raft-members-are-as-configured",
    "lin-queue",
    "no-answer-before-commit",
    "replicas-hold-the-same-records",
    "placement-is-respected",
    "no-ack-before-effect",
    "leases-are-fenced",
    "observations-are-signed",
    "exclusive-delivery",
    "exclusive-reservation",
    "checkpoint-behind-cursor",
    "refusals-have-causes",
    "agreed-health-follows",
    "lin-idempotency",
    "lin-lease",
    "lin-checkpoint",
    "raft-commit-held",
    "raft-state-machine-safety",
  ],
});
