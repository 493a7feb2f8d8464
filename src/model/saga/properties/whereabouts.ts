/**
 * Where a run got stuck, for messages about what never came: who has its jobs and its lease, as the database has them. Read when there
 * is something to report, so that it costs nothing while all holds.
 */
import { list, text, time, whole } from "seedstorm/check";
import type { SagaState } from "./state.js";

/** A clause: `no job of it is left, and nobody has its lease`. */
export function whereaboutsOfRun(state: SagaState, saga: string): string {
  const jobs: string[] = [];
  let lease = "it never had a lease";
  for (const [key, row] of state.rows) {
    if (text(row, "sagaId") !== saga) continue;
    if (key.startsWith("job/")) {
      const from = time(whole(row, "availableAt") ?? 0);
      const tries = whole(row, "attempt") ?? 0;
      jobs.push(
        `${key.slice("job/".length)} is ${text(row, "state")}, begun ${tries} times, claimable from ${from}`,
      );
    } else if (key.startsWith("lease/")) {
      const holder = text(row, "holder");
      lease =
        holder === ""
          ? "nobody has its lease"
          : `${holder} has its lease until ${time(whole(row, "until") ?? 0)}`;
    }
  }
  return `${jobs.length === 0 ? "there is no job for it" : list(jobs)}, and ${lease}`;
}
