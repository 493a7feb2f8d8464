/**
 * What becomes of runs in the end: A11 and A12.
 *
 * Bounds are the end of the universe. Not verified: how long a run takes while nothing is wrong.
 */
import type { EventOf } from "seedstorm";
import { type Property, time, when } from "seedstorm/check";
import { begins } from "./forward.js";
import { type DurableEvent, isTerminal, sagaState } from "./state.js";
import { whereaboutsOfRun } from "./whereabouts.js";

export const everyRunEnds: Property = {
  id: "every-run-ends",
  alias: "A11",
  kind: "eventually",
  sentence: "Every run that was started has ended when the quiet period is over.",
  subscribes: ["durable", "client"],
  start(context) {
    const state = context.view(sagaState);
    const started = new Map<string, EventOf<"client">>();
    return {
      on(event) {
        if (event.kind === "client" && event.operation === "start" && event.phase === "ok")
          started.set(event.key, event);
      },
      end(at) {
        for (const { id, run } of state.sagas.values()) {
          if (run === undefined) continue;
          context.checked();
          if (isTerminal(run.status)) continue;
          const answer = started.get(id);
          const place = run.status === "compensating" ? run.compensateIdx : run.currentStepIdx;
          context.violated(
            id,
            `${id} is still ${run.status} at step ${place ?? 0} at ${time(at)}, where it has been since ${time(run.event.at)}: ${whereaboutsOfRun(state, id)}.`,
            answer === undefined ? [run.event] : [answer, run.event],
          );
        }
        for (const [id, answer] of started) {
          context.checked();
          if (state.sagas.get(id)?.run !== undefined) continue;
          context.violated(id, `${id} was said to be started ${when(answer)}, and there is no such run.`, [
            answer,
          ]);
        }
      },
    };
  },
};

export const cancelIsHonoured: Property = {
  id: "cancel-is-honoured",
  alias: "A12",
  kind: "eventually",
  sentence:
    "A run whose cancel was durable before its last step began is not completed, and a cancel of a run that has ended changes nothing.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);
    const cancelled = new Map<string, DurableEvent>();
    /** Runs whose last step had not begun when the cancel was durable. */
    const inTime = new Map<string, DurableEvent>();
    const lastBegun = new Set<string>();
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          const { saga } = change;
          if (change.of === "step") {
            if (begins(change.before, change.after) && change.after.idx === (saga.run?.steps ?? 0) - 1)
              lastBegun.add(saga.id);
          } else if (change.of === "run") {
            const { before, after } = change;
            if (after.cancelRequested && !cancelled.has(saga.id)) {
              cancelled.set(saga.id, event);
              if (!lastBegun.has(saga.id)) inTime.set(saga.id, event);
              context.checked();
              if (before !== undefined && isTerminal(before.status)) {
                context.violated(
                  saga.id,
                  `${saga.id} had ended as ${before.status} ${when(before.event)}, and a cancel changed it ${when(event)}.`,
                  [before.event, event],
                );
              }
            }
            const cancel = inTime.get(saga.id);
            if (cancel === undefined || after.status !== "completed") continue;
            context.violated(
              saga.id,
              `The cancel of ${saga.id} was durable ${when(cancel)}, before its last step began, and it was completed ${when(event)}.`,
              [cancel, event],
            );
          }
        }
      },
    };
  },
};
