/**
 * What is owed where nothing went wrong: a step fails only for a reason that somebody gave, a compensation is given up only when
 * trying is of no use, runs are over soon, and what belongs to a run that is over is put away.
 */
import { type EventOf, type HistoryEvent, type Micros, type Plan, SECOND, settingsOf } from "seedstorm";
import { type Property, text, time, when, whole } from "seedstorm/check";
import { SAGA_DEFAULTS } from "../knobs.js";
import { CLOUD } from "./cloud-state.js";
import { isTerminal, type Saga, type Step, sagaState } from "./state.js";
import { whereaboutsOfRun } from "./whereabouts.js";

/** Whether a plan has nothing in it that goes wrong by itself. */
const isCalm = ({ faults, knobs }: Plan): boolean => faults.length === 0 && knobs.buggify !== true;

/** What a runner says of a cloud that did not answer or did not look. */
const TROUBLE = new Set(["timed out", "service unavailable"]);

export const stepsFailForAReason: Property = {
  id: "steps-fail-for-a-reason",
  kind: "always",
  sentence:
    "A step fails, and a compensation is given up, only for a reason: the cloud has refused it, there is nothing to change, it is made to fail, or something went wrong.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(sagaState);
    const calm = isCalm(context.plan);
    const { compensationTries } = settingsOf(context.plan.knobs, SAGA_DEFAULTS);
    /** By token: what the cloud has answered with. */
    const refusals = new Map<string, Set<string>>();

    function hasReason(
      saga: Saga,
      step: Step,
      row: { readonly token: string; readonly error: string },
    ): boolean {
      const { token, error } = row;
      if (TROUBLE.has(error)) return !calm;
      if (error === "told to fail") return step.name === "fail";
      if (error === "no such resource") return !isDesired(saga, step);
      if (error.startsWith("Error: ")) return context.plan.knobs.buggify === true;
      return refusals.get(token)?.has(error) === true || refusals.get(`${token}:undo`)?.has(error) === true;
    }

    function isDesired(saga: Saga, { name }: Step): boolean {
      const deployment = text(state.rows.get(`run/${saga.id}`), "deploymentId");
      return state.rows.has(`provisioned/${deployment}/${name.slice(name.indexOf("-") + 1)}`);
    }

    function judge(saga: Saga, step: Step, event: HistoryEvent): void {
      const row = state.rows.get(`step/${saga.id}/${step.idx}`);
      const error = text(row, "error");
      const token = text(row, "token");
      const isGivenUp = step.status === "compensation_failed";
      const tries = whole(row, "compensationAttempts") ?? 0;
      context.checked();
      if (isGivenUp && (TROUBLE.has(error) || error.startsWith("Error: ")) && tries < compensationTries) {
        context.violated(
          saga.id,
          `The compensation of step ${step.idx} (${step.name}) of ${saga.id} was given up ${when(event)} after ${tries} of ${compensationTries} tries, for it was ${error}.`,
          [event],
        );
      } else if (!hasReason(saga, step, { token, error })) {
        context.violated(
          saga.id,
          `Step ${step.idx} (${step.name}) of ${saga.id} became ${step.status} ${when(event)} ${error === "" ? "without a reason" : `because of "${error}", which nobody had said`}.`,
          [event],
        );
      }
    }

    return {
      on(event) {
        if (event.kind === "external") {
          const error = event.phase === "reply" && event.service === CLOUD ? text(event.value, "error") : "";
          if (error === "") return;
          const known = refusals.get(event.token);
          if (known === undefined) refusals.set(event.token, new Set([error]));
          else known.add(error);
          return;
        }
        for (const change of state.changes) {
          if (change.of !== "step" || change.before?.status === change.after.status) continue;
          const { status } = change.after;
          if (status === "failed" || status === "compensation_failed")
            judge(change.saga, change.after, event);
        }
      },
    };
  },
};

/** A run's way to a runner, and as much for each of its steps, both ways. */
const PICKED_UP: Micros = 2 * SECOND;
const A_STEP: Micros = 1_200_000;
/** After the heal a runner that was lost is waited for, and a job whose runner has died. */
const RESCUED: Micros = 14 * SECOND;

/** When the last host was given another version; 0 where none is. */
function lastDeployIn({ workload }: Plan): Micros {
  return workload.reduce(
    (last, { action, at }) => (action === "deploy" ? Math.max(last, at + DEPLOYED) : last),
    0,
  );
}

/** A runner that was given another version is up again. */
const DEPLOYED: Micros = 3 * SECOND;

export const runsAreOverSoon: Property = {
  id: "runs-are-over-soon",
  kind: "eventually",
  sentence:
    "Where nothing is wrong a run is over as soon as its steps allow, and once all is well again soon after.",
  subscribes: ["durable"],
  start(context) {
    const { plan } = context;
    const state = context.view(sagaState);
    const begun = new Map<string, HistoryEvent>();
    // While a deploy is under way a run may wait for a runner that knows its steps.
    const from = isCalm(plan) ? lastDeployIn(plan) : plan.healAt + RESCUED;

    function judge(saga: Saga, at: Micros, event: HistoryEvent): void {
      const start = begun.get(saga.id);
      if (start === undefined) return;
      const due = Math.max(start.at, from) + PICKED_UP + (saga.run?.steps ?? 0) * A_STEP;
      if (at < due && !isTerminal(saga.run?.status ?? "")) return;
      context.checked();
      if (at <= due) return;
      context.violated(
        saga.id,
        `${saga.id}, which was started ${when(start)}, should have been over by ${time(due)}, and was ${isTerminal(saga.run?.status ?? "") ? `${saga.run?.status} only at ${time(at)}` : `still ${saga.run?.status ?? "absent"} at ${time(at)}: ${whereaboutsOfRun(state, saga.id)}`}.`,
        [start, event],
      );
    }

    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of !== "run") continue;
          if (change.before === undefined) begun.set(change.saga.id, event);
          else if (isTerminal(change.after.status) && !isTerminal(change.before.status))
            judge(change.saga, event.at, event);
        }
      },
      end(at) {
        for (const saga of state.sagas.values())
          if (saga.run !== undefined && !isTerminal(saga.run.status)) judge(saga, at, saga.run.event);
      },
    };
  },
};

/** A job that waits for another one's runner is looked at again, and put away. */
const PUT_AWAY: Micros = 10 * SECOND;

export const endedRunsArePutAway: Property = {
  id: "ended-runs-are-put-away",
  kind: "eventually",
  sentence: "In the end every job of a run that is over is completed, and nobody holds its lease.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);
    const written = new Map<string, EventOf<"durable">>();
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const key of state.written) if (key.startsWith("job/")) written.set(key, event);
      },
      end(at) {
        const youngest = at - PUT_AWAY;
        if (youngest < context.plan.healAt) return;
        for (const [key, row] of state.rows) {
          const isJob = key.startsWith("job/");
          if (!isJob && !key.startsWith("lease/")) continue;
          const { run, ended } = state.sagas.get(text(row, "sagaId")) ?? {};
          if (run === undefined || ended === undefined || ended.at > youngest) continue;
          const last = written.get(key);
          if (isJob && last !== undefined && last.at > youngest && last.writes.length > 1) continue;
          context.checked();
          const isOpen = isJob ? text(row, "state") !== "completed" : text(row, "holder") !== "";
          if (!isOpen) continue;
          const how = isJob ? text(row, "state") : `held by ${text(row, "holder")}`;
          context.violated(
            key,
            `${run.id} ended as ${run.status} ${when(ended)}, and at ${time(at)} ${key} is still ${how}.`,
            last === undefined ? [ended] : [ended, last],
          );
        }
      },
    };
  },
};
