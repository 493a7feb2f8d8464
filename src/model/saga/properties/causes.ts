/**
 * What the ledger says was done, and why a run turned back. A completed step is compared with what the cloud applied for it;
 * a run that begins to be compensated needs a cancel or a step that failed. Not verified: why a step failed.
 */
import { fields, type Property, text, when } from "seedstorm/check";
import { type CloudCall, cloudCalls } from "./cloud-calls.js";
import { type Saga, type Step, sagaState } from "./state.js";

export const completedStepsWereApplied: Property = {
  id: "completed-steps-were-applied",
  alias: "A14",
  kind: "always",
  sentence:
    "A step that is completed with a resource in its output had the cloud apply it, to that very resource.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(sagaState);
    const calls = context.view(cloudCalls);
    /** What the cloud applied for a step's own calls, by run and step. */
    const applied = new Map<string, CloudCall>();

    return {
      on(event) {
        if (event.kind === "external") {
          const call = calls.applied;
          if (call !== undefined && !call.named.undo)
            applied.set(`${call.named.saga}:${call.named.idx}`, call);
          return;
        }
        for (const change of state.changes) {
          if (change.of !== "step" || change.after.status !== "completed") continue;
          if (change.before?.status === "completed") continue;
          const { saga, after } = change;
          const resource = resourceOf(after);
          if (resource === undefined) continue;
          context.checked();
          const call = applied.get(`${saga.id}:${after.idx}`);
          const made = call === undefined ? "" : text(call.event.value, "resource");
          if (call !== undefined && (call.event.operation === "revert" || made === resource)) continue;
          const found =
            call === undefined
              ? "had applied nothing for it"
              : `had applied ${call.event.operation} to ${made}`;
          context.violated(
            saga.id,
            `Step ${after.idx} (${after.name}) of ${saga.id} was completed with ${resource} ${when(event)}, but the cloud ${found}.`,
            call === undefined ? [event] : [call.event, event],
          );
        }
      },
    };
  },
};

/** The resource that a step's note says it changed; undefined for steps that change none. */
function resourceOf({ idx, output }: Step): string | undefined {
  const note = fields(output[`resource_at_step_${idx}`]);
  if (note === undefined) return undefined;
  const resource = text(note.after, "resource");
  return resource === "" ? text(note.before, "resource") : resource;
}

export const compensationHasACause: Property = {
  id: "compensation-has-a-cause",
  alias: "A15",
  kind: "always",
  sentence: "A run turns back only after a cancel or a step that failed.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);
    return {
      on(event) {
        for (const change of state.changes) {
          if (change.of !== "run" || change.after.status !== "compensating") continue;
          if (change.before?.status === "compensating") continue;
          context.checked();
          if (change.after.cancelRequested || hasFailedStep(change.saga)) continue;
          context.violated(
            change.saga.id,
            `${change.saga.id} began to be compensated ${when(event)}, though nobody had cancelled it and no step had failed.`,
            change.before === undefined ? [event] : [change.before.event, change.after.event],
          );
        }
      },
    };
  },
};

function hasFailedStep({ steps }: Saga): boolean {
  for (const { status } of steps.values()) if (status === "failed") return true;
  return false;
}
