/**
 * Survivors are owed liveness: while runners are gone for good, or two settings are in use, and nothing else is wrong, runs that are
 * started are over in a bounded time, and customers are answered. It is judged from soon after the loss on, long before the heal.
 */
import { type EventOf, type HistoryEvent, type Micros, SECOND } from "seedstorm";
import { nothingWrongBut, onlyLossesFrom, type Property, time, when } from "seedstorm/check";
import { isTerminal, type Saga, sagaState } from "./state.js";
import { whereaboutsOfRun } from "./whereabouts.js";

/** Leases and jobs of the lost run out, and are taken up by the others. */
const NOTICED: Micros = 16 * SECOND;
const PICKED_UP: Micros = 4 * SECOND;
/** There and back, when few runners are left for many runs. */
const A_STEP: Micros = 2 * SECOND;
const ANSWERED_WITHIN: Micros = 2 * SECOND;

export const survivorsRunSagas: Property = {
  id: "survivors-run-sagas",
  kind: "eventually",
  sentence:
    "While runners are lost for good and nothing else is wrong, each run is over in a bounded time and each question of a customer is answered.",
  subscribes: ["durable", "client", "host"],
  start(context) {
    const { plan } = context;
    const losses = onlyLossesFrom(plan);
    if (losses === undefined) return {};
    const from = losses + NOTICED;
    const state = context.view(sagaState);
    const lost = new Set<string>();
    const begun = new Map<string, HistoryEvent>();
    const asked = new Map<string, EventOf<"client">>();

    const trouble = (): string => nothingWrongBut(losses, lost);

    function judge(saga: Saga, at: Micros): void {
      const start = begun.get(saga.id);
      const { run } = saga;
      if (start === undefined || run === undefined) return;
      const due = Math.max(start.at, from) + PICKED_UP + run.steps * A_STEP;
      const isOver = isTerminal(run.status);
      if (at <= due && !isOver) return;
      context.checked();
      if (at <= due) return;
      const place = run.status === "compensating" ? run.compensateIdx : run.currentStepIdx;
      context.violated(
        saga.id,
        `${saga.id} was started ${when(start)}, ${trouble()}, and was ${isOver ? `${run.status} only at ${time(at)}` : `still ${run.status} at step ${place ?? 0} at ${time(at)}: ${whereaboutsOfRun(state, saga.id)}`}.`,
        [start, run.event],
      );
    }

    function answered(call: EventOf<"client">, at: Micros): void {
      context.checked();
      if (at - call.at <= ANSWERED_WITHIN) return;
      context.violated(
        call.requestId,
        `The ${call.operation} of ${call.key} was asked for ${when(call)}, ${trouble()}, and had no answer by ${time(call.at + ANSWERED_WITHIN)}.`,
        [call],
      );
    }

    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase === "gone") lost.add(event.host);
        } else if (event.kind === "client") {
          if (event.phase === "call" && event.at >= from) asked.set(event.requestId, event);
          else {
            const call = asked.get(event.requestId);
            asked.delete(event.requestId);
            if (call !== undefined)
              answered(call, event.phase === "info" ? event.at + ANSWERED_WITHIN + 1 : event.at);
          }
        } else {
          for (const change of state.changes) {
            if (change.of !== "run") continue;
            if (change.before === undefined) begun.set(change.saga.id, event);
            else if (isTerminal(change.after.status) && !isTerminal(change.before.status))
              judge(change.saga, event.at);
          }
        }
      },
      end(at) {
        for (const call of asked.values()) if (at - call.at > ANSWERED_WITHIN) answered(call, at);
        for (const saga of state.sagas.values())
          if (saga.run !== undefined && !isTerminal(saga.run.status)) judge(saga, at);
      },
    };
  },
};
