/**
 * The frame of most properties of the runner: judged at each transaction of a store, when it has become durable, by what it has
 * changed and by the state as it is then.
 */
import type { Micros } from "seedstorm";
import type { CheckContext, Property } from "seedstorm/check";
import { type DurableEvent, type RunnerState, runnerState } from "./state.js";

interface Judge {
  on(event: DurableEvent): void;
  /** For what must be so at the end. */
  end?(at: Micros): void;
}

export function byTransaction(
  about: Pick<Property, "id" | "alias" | "kind" | "sentence">,
  start: (state: RunnerState, context: CheckContext) => Judge,
): Property {
  return {
    ...about,
    subscribes: runnerState.subscribes,
    start(context) {
      const judge = start(context.view(runnerState), context);
      return {
        ...judge,
        subscribes: ["durable"],
        on(event) {
          if (event.kind === "durable") judge.on(event);
        },
      };
    },
  };
}
