/**
 * What consumers do with their cursors and after their end: R7 and R8.
 *
 * Both are read from what consumers say of themselves and from what replica stores made durable. Not
 * verified: reads that failed without the consumer's saying so.
 */
import { type Property, when, where, whole } from "seedstorm/check";
import { mirrorState, placeOfGrain, type StateEvent } from "./state.js";

export const failedReadKeepsCursor: Property = {
  id: "failed-read-keeps-cursor",
  alias: "R7",
  kind: "always",
  sentence: "A failed read never moves a consumer's cursor.",
  subscribes: ["state"],
  start(context) {
    /** Where each consumer's cursor stands. */
    const cursors = new Map<string, { readonly cursor: number; readonly event: StateEvent }>();
    return {
      on(event) {
        if (event.kind !== "state") return;
        if (event.entity === "consumer") {
          if (event.to === "running") cursors.delete(event.name);
          return;
        }
        if (event.entity !== "poll") return;
        const before = whole(event.detail, "before");
        const after = whole(event.detail, "after");
        if (before === undefined || after === undefined) return;
        const last = cursors.get(event.name);
        cursors.set(event.name, { cursor: after, event });
        context.checked();
        if (event.to === "failed" && before !== after) {
          context.violated(
            event.name,
            `A read of ${event.name} failed ${when(event)}, and its cursor moved from ${before} to ${after}.`,
            [event],
          );
        } else if (last !== undefined && last.cursor !== before) {
          context.violated(
            event.name,
            `The cursor of ${event.name} stood at ${last.cursor} ${when(last.event)} and at ${before} before the poll that ended ${when(event)}, with no read in between.`,
            [last.event, event],
          );
        }
      },
    };
  },
};

export const nothingAppliedAfterShutdown: Property = {
  id: "nothing-applied-after-shutdown",
  alias: "R8",
  kind: "always",
  sentence: "Nothing is applied to a replica after its consumer has seen the shutdown.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const state = context.view(mirrorState);
    /** Consumers that have stopped and were not started again. */
    const stopped = new Map<string, StateEvent>();
    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase !== "crash") return;
          for (const name of [...stopped.keys()]) {
            if (placeOfGrain(name).host === event.host) stopped.delete(name);
          }
        } else if (event.kind === "state") {
          if (event.entity !== "consumer") return;
          if (event.to === "stopped") stopped.set(event.name, event);
          else stopped.delete(event.name);
        } else if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of !== "applied") continue;
            const name = `${change.grain}@${change.host}`;
            const end = stopped.get(name);
            context.checked();
            if (end === undefined) continue;
            context.violated(
              name,
              `The consumer ${name} saw its shutdown ${when(end)}, and sequence ${change.sequence} was applied ${where(event)}.`,
              [end, event],
            );
          }
        }
      },
    };
  },
};
