/**
 * One runner at a time: A10.
 *
 * Three things are compared: leases of a run don't overlap by the database's own time, what is written of a
 * run's progress is written under its newest lease, and only the runner that has a run's lease asks the cloud
 * for anything. Not verified: what a runner that lost its lease merely computes.
 */
import { type Property, time, when, where } from "seedstorm/check";
import { cloudCalls } from "./cloud-calls.js";
import { type Lease, type Run, type Saga, sagaState } from "./state.js";

function hostOf(holder: string): string {
  return holder.slice(0, holder.lastIndexOf("/"));
}

function progressed(before: Run | undefined, after: Run): before is Run {
  return (
    before !== undefined &&
    (before.status !== after.status ||
      before.currentStepIdx !== after.currentStepIdx ||
      before.compensateIdx !== after.compensateIdx)
  );
}

export const oneRunnerPerRun: Property = {
  id: "one-runner-per-run",
  alias: "A10",
  kind: "always",
  sentence: "At most one runner executes a run at a time.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(sagaState);
    const calls = context.view(cloudCalls);

    function granted(saga: Saga, before: Lease | undefined, after: Lease): void {
      context.checked();
      const others = [...saga.leases.values()].filter(({ key }) => key !== after.key);
      for (const other of before === undefined ? others : [before, ...others]) {
        const over = other.holder === undefined || other.until <= after.since;
        if (over && (other.key !== after.key || other.epoch < after.epoch)) continue;
        const took = `${after.holder} took ${saga.id} under epoch ${after.epoch} ${when(after.event)}`;
        const explained = over
          ? `which was not beyond the last: ${other.epoch} ${when(other.event)}`
          : `while ${other.holder} had it under epoch ${other.epoch} since ${time(other.event.at)}`;
        context.violated(saga.id, `${took}, ${explained}.`, [other.event, after.event]);
        return;
      }
    }

    function written(saga: Saga, before: Run, after: Run): void {
      context.checked();
      let newest: Lease | undefined;
      for (const lease of saga.leases.values()) {
        if (newest === undefined || lease.epoch > newest.epoch) newest = lease;
      }
      if (newest === undefined || after.leaseEpoch >= newest.epoch) return;
      context.violated(
        saga.id,
        `${saga.id} went from ${before.status} to ${after.status} ${when(after.event)} under epoch ${after.leaseEpoch}, though ${newest.holder ?? "somebody"} had it under epoch ${newest.epoch}.`,
        [newest.event, after.event],
      );
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          for (const change of state.changes) {
            const { saga } = change;
            if (change.of === "lease") {
              const { before, after } = change;
              const same = before?.holder === after.holder && before?.epoch === after.epoch;
              if (after.holder !== undefined && !same) granted(saga, before, after);
            } else if (change.of === "run" && progressed(change.before, change.after)) {
              written(saga, change.before, change.after);
            }
          }
        } else if (event.kind === "external" && calls.attempted !== undefined) {
          const saga = state.saga(calls.attempted.named.saga);
          const leases = [...saga.leases.values()];
          context.checked();
          if (leases.some(({ holder }) => holder !== undefined && hostOf(holder) === event.host)) return;
          const holder = leases.find((lease) => lease.holder !== undefined);
          context.violated(
            saga.id,
            `${event.host} asked the cloud to ${event.operation} for ${saga.id} ${where(event)}, which ${holder?.holder ?? "nobody"} had.`,
            holder === undefined ? [event] : [holder.event, event],
          );
        }
      },
    };
  },
};
