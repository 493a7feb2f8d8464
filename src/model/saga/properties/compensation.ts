/**
 * The walk back: A4, A5 and A13.
 *
 * A5 goes by the cloud's own word. Not verified: compensations of steps that ask nothing of the cloud.
 */
import type { HistoryEvent } from "seedstorm";
import { list, type Property, when, where } from "seedstorm/check";
import { type CloudCall, cloudCalls } from "./cloud-calls.js";
import { type DurableEvent, isTerminal, type Saga, sagaState } from "./state.js";

const DEALT_WITH = new Set(["compensated", "compensation_failed"]);

export const compensationRunsBackwards: Property = {
  id: "compensation-runs-backwards",
  alias: "A4",
  kind: "always",
  sentence:
    "Compensation visits strictly descending indices, each with at most one success, and only after forward progress stopped.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(sagaState);
    const calls = context.view(cloudCalls);
    /** By run: the lowest index that was dealt with. */
    const lowest = new Map<string, { readonly idx: number; readonly event: DurableEvent }>();

    function judge(saga: Saga, idx: number, event: HistoryEvent, visit: string): void {
      const before = lowest.get(saga.id);
      context.checked();
      if (saga.turned === undefined) {
        context.violated(
          saga.id,
          `${visit} ${where(event)}, while ${saga.id} was ${saga.run?.status ?? "absent"}.`,
          [event],
        );
      } else if (before !== undefined && idx >= before.idx) {
        context.violated(
          saga.id,
          `${visit} ${where(event)}, though compensation had got to step ${before.idx} ${when(before.event)}.`,
          [before.event, event],
        );
      }
    }

    return {
      on(event) {
        if (event.kind === "external") {
          const { attempted } = calls;
          if (attempted === undefined || !attempted.named.undo) return;
          const { saga, idx } = attempted.named;
          judge(state.saga(saga), idx, event, `The compensation of step ${idx} of ${saga} was asked for`);
        } else if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of !== "step" || !DEALT_WITH.has(change.after.status)) continue;
            const { saga, before, after } = change;
            if (before !== undefined && before.status === after.status) continue;
            judge(
              saga,
              after.idx,
              event,
              `Step ${after.idx} (${after.name}) of ${saga.id} became ${after.status}`,
            );
            lowest.set(saga.id, { idx: after.idx, event });
          }
        }
      },
    };
  },
};

export const rollbackLeavesNothing: Property = {
  id: "rollback-leaves-nothing",
  alias: "A5",
  kind: "always",
  sentence:
    "Of a run that is rolled back nothing is left at the cloud: each applied step that can be taken back was.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(sagaState);
    const calls = context.view(cloudCalls);

    function left(
      { saga, idx }: CloudCall["named"],
      call: CloudCall,
      event: HistoryEvent,
      ended: DurableEvent,
    ): void {
      const { operation } = call.event;
      context.violated(
        saga,
        `${saga} was rolled back ${when(ended)}, but the ${operation} of step ${idx}, which the cloud applied ${when(call.event)}, was not taken back.`,
        [call.event, ended, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "external") {
          const call = calls.applied;
          if (call === undefined || calls.reversible.get(call.named.saga)?.includes(call) !== true) return;
          const { run, ended } = state.saga(call.named.saga);
          if (run?.status === "rolled_back" && ended !== undefined) left(call.named, call, event, ended);
        } else if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of !== "run" || change.after.status !== "rolled_back") continue;
            for (const call of calls.reversible.get(change.saga.id) ?? []) {
              context.checked();
              if (!calls.reverted.has(call.event.token)) left(call.named, call, event, event);
            }
          }
        }
      },
    };
  },
};

export const failedCompensationShows: Property = {
  id: "failed-compensation-shows",
  alias: "A13",
  kind: "always",
  sentence: "A run with a compensation that failed ends as failed, and its ledger says which.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);
    return {
      on(event) {
        for (const change of state.changes) {
          if (change.of !== "run" || !isTerminal(change.after.status)) continue;
          const { saga, after } = change;
          if (saga.turned === undefined) continue;
          context.checked();
          const failed = [...saga.steps.values()].filter(({ status }) => status === "compensation_failed");
          if (failed.length > 0 === (after.status === "failed")) continue;
          const explained =
            failed.length === 0
              ? "no compensation had failed"
              : `${list(failed.map(({ idx, name }) => `the compensation of step ${idx} (${name})`))} had failed`;
          context.violated(saga.id, `${saga.id} ended as ${after.status} ${when(event)}, but ${explained}.`, [
            ...failed.map((step) => step.event),
            event,
          ]);
        }
      },
    };
  },
};
