/**
 * The walk forward: A2, A6 and A8.
 *
 * Read from what the database made durable, and for A6 from what runners ask of the cloud. Not verified:
 * steps that ask nothing of it.
 */
import { type Property, same, when, where } from "seedstorm/check";
import { cloudCalls } from "./cloud-calls.js";
import { INPUTS, type Saga, type Step, sagaState } from "./state.js";

/** Whether a step was begun, for the first time or once more. */
export function begins(before: Step | undefined, after: Step): boolean {
  return after.status === "running" && after.attempts > (before?.attempts ?? 0);
}

export const stepsRunInOrder: Property = {
  id: "steps-run-in-order",
  alias: "A2",
  kind: "always",
  sentence: "A step begins only when all before it are completed.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);
    return {
      on(event) {
        for (const change of state.changes) {
          if (change.of !== "step" || !begins(change.before, change.after)) continue;
          const { saga, after } = change;
          context.checked();
          for (let idx = 0; idx < after.idx; idx++) {
            const earlier = saga.steps.get(idx);
            if (earlier?.status === "completed") continue;
            context.violated(
              saga.id,
              `Step ${after.idx} (${after.name}) of ${saga.id} began ${when(event)} while step ${idx} was ${earlier?.status ?? "absent"}.`,
              earlier === undefined ? [event] : [earlier.event, event],
            );
            break;
          }
        }
      },
    };
  },
};

export const noStepAfterCompensation: Property = {
  id: "no-step-after-compensation",
  alias: "A6",
  kind: "always",
  sentence: "Nothing is executed forward once compensation has begun.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(sagaState);
    const calls = context.view(cloudCalls);
    return {
      on(event) {
        if (event.kind === "external") {
          const { attempted } = calls;
          if (attempted === undefined || attempted.named.undo) return;
          const { saga, idx } = attempted.named;
          const { turned } = state.saga(saga);
          context.checked();
          if (turned === undefined) return;
          context.violated(
            saga,
            `${saga} began to be compensated ${when(turned)}, and step ${idx} asked the cloud to ${attempted.event.operation} ${where(event)}.`,
            [turned, event],
          );
          return;
        }
        for (const change of state.changes) {
          if (change.of !== "step") continue;
          const { saga, before, after } = change;
          const advances =
            begins(before, after) || (after.status === "completed" && before?.status !== "completed");
          if (!advances) continue;
          context.checked();
          if (saga.turned === undefined || saga.turned.id >= event.id) continue;
          context.violated(
            saga.id,
            `${saga.id} began to be compensated ${when(saga.turned)}, and step ${after.idx} (${after.name}) became ${after.status} ${when(event)}.`,
            [saga.turned, event],
          );
        }
      },
    };
  },
};

/** Statuses of steps that were completed once. */
const HAS_OUTPUT = new Set(["completed", "compensated", "compensation_failed"]);

export const outputWithCompletion: Property = {
  id: "output-with-completion",
  alias: "A8",
  kind: "always",
  sentence: "A step is completed exactly when its output is in the run's context.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);

    function flawOf({ run, steps }: Saga): string | undefined {
      if (run === undefined) return undefined;
      const explained = new Set<string>();
      for (const step of steps.values()) {
        if (!HAS_OUTPUT.has(step.status)) continue;
        for (const name in step.output) {
          explained.add(name);
          if (step.status === "completed" && !same(run.context[name], step.output[name])) {
            return `step ${step.idx} (${step.name}) is completed, and its output ${name} is not in the context`;
          }
        }
      }
      for (const name in run.context) {
        if (name !== INPUTS && !explained.has(name))
          return `${name} is in the context, and no completed step has put it there`;
      }
      return undefined;
    }

    return {
      on(event) {
        let last: Saga | undefined;
        for (const { saga, of } of state.changes) {
          if (of === "lease" || saga === last) continue;
          last = saga;
          context.checked();
          const flaw = flawOf(saga);
          if (flaw !== undefined)
            context.violated(saga.id, `In ${saga.id}, ${flaw} ${when(event)}.`, [event]);
        }
      },
    };
  },
};
