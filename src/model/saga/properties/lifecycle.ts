/**
 * How runs live and end: A1, A3 and A9.
 *
 * Read from what the database made durable. Not verified: what a run's row says of who triggered it, and
 * when.
 */
import { list, type Property, same, when } from "seedstorm/check";
import { INPUTS, isTerminal, type Run, sagaState } from "./state.js";

/** From each status, where a run may go. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  pending: ["running"],
  running: ["completed", "compensating"],
  compensating: ["rolled_back", "failed"],
};

export const legalRunStates: Property = {
  id: "legal-run-states",
  alias: "A1",
  kind: "always",
  sentence: "A run's status takes legal edges only, and a run that has ended never changes.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);

    function judge(before: Run | undefined, after: Run): void {
      context.checked();
      if (before === undefined) {
        if (after.status === "pending") return;
        context.violated(after.id, `${after.id} began as ${after.status} ${when(after.event)}.`, [
          after.event,
        ]);
      } else if (isTerminal(before.status)) {
        context.violated(
          after.id,
          `${after.id} had ended as ${before.status} ${when(before.event)}, and was written again ${when(after.event)}, as ${after.status}.`,
          [before.event, after.event],
        );
      } else if (before.status !== after.status && EDGES[before.status]?.includes(after.status) !== true) {
        context.violated(
          after.id,
          `${after.id} went from ${before.status} to ${after.status} ${when(after.event)}.`,
          [before.event, after.event],
        );
      }
    }

    return {
      on() {
        for (const change of state.changes) if (change.of === "run") judge(change.before, change.after);
      },
    };
  },
};

export const completedMeansEveryStep: Property = {
  id: "completed-means-every-step",
  alias: "A3",
  kind: "always",
  sentence: "A run is completed only when each of its steps is completed and none compensated.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const { saga } of state.changes) {
          const { run } = saga;
          if (run?.status !== "completed") continue;
          context.checked();
          const flaws: string[] = [];
          for (let idx = 0; idx < run.steps; idx++) {
            const status = saga.steps.get(idx)?.status ?? "absent";
            if (status !== "completed") flaws.push(`step ${idx} is ${status}`);
          }
          if (flaws.length === 0) continue;
          context.violated(saga.id, `${saga.id} is completed ${when(event)}, but ${list(flaws)}.`, [
            run.event,
            event,
          ]);
        }
      },
    };
  },
};

export const inputsNeverChange: Property = {
  id: "inputs-never-change",
  alias: "A9",
  kind: "always",
  sentence: "A run's inputs never change.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);
    return {
      on(event) {
        for (const change of state.changes) {
          if (change.of !== "run" || change.before === undefined) continue;
          context.checked();
          const before = change.before.context[INPUTS];
          const after = change.after.context[INPUTS];
          if (same(before, after)) continue;
          context.violated(
            change.saga.id,
            `The inputs of ${change.saga.id} were ${JSON.stringify(before ?? null)} and are ${JSON.stringify(after ?? null)} ${when(event)}.`,
            [change.before.event, event],
          );
        }
      },
    };
  },
};
